import { KeyList } from '../operator-keys/key-list.tsx'
import { useOperatorKeys } from '../operator-keys/keys.ts'
import { addressOf } from '../shell/router.ts'
import { approvals as words } from '../strings/approvals.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'

/** Who can say yes. They are changed in the settings. */
export function KeysPanel() {
  const keys = useOperatorKeys()
  return (
    <Panel title={words.keys}>
      <Shown resource={keys} what={words.who}>
        {(all) => <KeyList keys={all} />}
      </Shown>
      <p class="note keys-note">
        {words.keysLead} <a href={addressOf('settings', { path: ['sign-in'] })}>{words.keysLink}</a>
      </p>
    </Panel>
  )
}
