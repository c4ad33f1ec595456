import type { unlockCredentialStore } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { RequestError } from '../connection/http.ts'
import { useTry } from '../forms/doing.ts'
import type { Resource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { engine as words } from '../strings/engine.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { AddCredential } from './add-credential.tsx'
import { CredentialRow } from './credential-row.tsx'
import type { CredentialListing } from './views.ts'

export interface CredentialsPanelProps {
  readonly credentials: Resource<CredentialListing>
  /** What the engines can be paid with is another thing now. */
  readonly changed: () => void
}

/** The secrets that pay for engines outside. Of each only its last four characters ever come back. */
export function CredentialsPanel({ credentials, changed }: CredentialsPanelProps) {
  const adding = useSignal(false)
  const changedHere = () => {
    void credentials.reload()
    changed()
  }
  const add = (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        adding.value = true
      }}
    >
      {words.credentials.add}
    </button>
  )
  const state = credentials.state.value
  const isLocked =
    state.kind === 'failed' && state.error instanceof RequestError && state.error.code === 'credentials_locked'
  return (
    <Panel title={words.credentials.title} acts={isLocked ? undefined : add}>
      {isLocked ? (
        <Locked changed={changedHere} />
      ) : (
        <Shown resource={credentials} what={words.credentials.what}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={words.credentials.none}>{words.credentials.noneLead}</Empty>
            ) : (
              <ul class="things">
                {items.map((credential) => (
                  <CredentialRow key={credential.id} credential={credential} changed={changedHere} />
                ))}
              </ul>
            )
          }
        </Shown>
      )}
      {adding.value && (
        <AddCredential
          changed={changedHere}
          close={() => {
            adding.value = false
          }}
        />
      )}
    </Panel>
  )
}

function Locked({ changed }: { readonly changed: () => void }) {
  const { api } = useSigned()
  const { toasts } = usePage()
  const attempt = useTry()
  const unlock = () =>
    attempt(async () => {
      await api.ask<typeof unlockCredentialStore>('POST', '/api/v1/credential-store/unlock')
      toasts.good(words.credentials.unlocked)
      changed()
    })
  return (
    <Empty title={words.credentials.locked}>
      <button type="button" class="primary" onClick={() => void unlock()}>
        {words.credentials.unlock}
      </button>
    </Empty>
  )
}
