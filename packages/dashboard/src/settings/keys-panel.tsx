import { useSignal } from '@preact/signals'
import type { Resource } from '../live/resource.ts'
import { KeyList } from '../operator-keys/key-list.tsx'
import type { OperatorKeyList } from '../operator-keys/keys.ts'
import { usePage, useSigned } from '../page.ts'
import { signIns as words } from '../strings/sign-ins.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { AddPasskey } from './add-passkey.tsx'

export interface KeysPanelProps {
  readonly keys: Resource<OperatorKeyList>
  readonly changed: () => void
}

/** The keys and passkeys whose word counts, and how to have one more. */
export function KeysPanel({ keys, changed }: KeysPanelProps) {
  const { canApprove } = useSigned()
  const { session } = usePage()
  const adding = useSignal(false)
  const add = (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        adding.value = true
      }}
    >
      {words.addPasskey}
    </button>
  )
  return (
    <Panel title={words.keys} acts={session.passkeysPossible ? add : undefined}>
      <Shown resource={keys} what={words.keysWhat}>
        {(all) => <KeyList keys={all} changed={changed} />}
      </Shown>
      <p class="note after">{canApprove ? words.keysLead : words.keysNoKey}</p>
      {!session.passkeysPossible && <p class="note">{words.noPasskeys}</p>}
      {adding.value && (
        <AddPasskey
          close={() => {
            adding.value = false
          }}
        />
      )}
    </Panel>
  )
}
