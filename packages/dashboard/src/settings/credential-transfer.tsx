import type { exportCredentials, getCredentialStore } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { exports as words } from '../strings/exports.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Panel } from '../ui/page-frame.tsx'
import { save } from '../ui/save.ts'
import { Shown } from '../ui/states.tsx'
import { ImportCredentials } from './import-credentials.tsx'
import { passphraseProblem } from './passphrase.ts'

/** Carries credentials to another machine and takes them in: with their secrets, sealed by a passphrase. */
export function CredentialTransfer() {
  const { api } = useSigned()
  const open = useSignal<'export' | 'import' | null>(null)
  const store = useResource((signal) =>
    api.ask<typeof getCredentialStore>('GET', '/api/v1/credential-store', { signal }),
  )
  const close = () => {
    open.value = null
  }
  const act = (kind: 'export' | 'import', word: string) => (
    <button
      type="button"
      onClick={() => {
        open.value = kind
      }}
    >
      {word}
    </button>
  )
  return (
    <Panel title={words.credentials}>
      <p class="note">{words.credentialsLead}</p>
      <Shown resource={store} what={words.credentials}>
        {({ state, problem, credentials }) =>
          state === 'open' || state === 'empty' ? (
            <>
              <p class="note after">{words.credentialsCount(credentials ?? 0)}</p>
              <p class="row-acts after">
                {(credentials ?? 0) > 0 && act('export', words.credentialsExport)}
                {act('import', words.credentialsImport)}
              </p>
            </>
          ) : (
            <p class="problem after">{problem?.message ?? words.credentialsLocked}</p>
          )
        }
      </Shown>
      {open.value === 'export' && <ExportCredentials close={close} />}
      {open.value === 'import' && <ImportCredentials changed={() => void store.reload()} close={close} />}
    </Panel>
  )
}

function ExportCredentials({ close }: { readonly close: () => void }) {
  const { api } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const passphrase = useSignal('')
  const again = useSignal('')
  const send = async () => {
    let count = 0
    const done = await doing.run(async () => {
      const body = { passphrase: passphrase.value }
      const made = await api.ask<typeof exportCredentials>('POST', '/api/v1/credential-store/export', { body })
      save(new Blob([made.file], { type: 'application/octet-stream' }), words.credentialsFile)
      count = made.credentials
    })
    if (!done) return
    toasts.good(words.credentialsSaved(count))
    close()
  }
  return (
    <Dialog title={words.credentialsExport} close={close}>
      <Form
        doing={doing}
        act={words.credentialsSeal}
        unready={passphraseProblem(passphrase.value, again.value)}
        send={() => void send()}
        cancel={close}
      >
        <p class="note">{words.credentialsSealLead}</p>
        <TextField
          label={words.passphrase}
          type="password"
          value={passphrase.value}
          maxLength={1024}
          change={(value) => {
            passphrase.value = value
          }}
        />
        <TextField
          label={words.passphraseAgain}
          type="password"
          value={again.value}
          maxLength={1024}
          change={(value) => {
            again.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}
