import type { listLedgerEntries } from '@castellan/contracts/api'
import type { EntryRecord } from '../entries/entry.ts'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { approvals as words } from '../strings/approvals.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { enrolledKeys } from './enrolled.ts'

const KINDS = ['operator_enrolled', 'operator_renamed', 'operator_revoked'] as const

/** Who can say yes, as the ledger has it: keys that were enrolled and not revoked since. */
export function KeysPanel() {
  const { api } = useSigned()
  const { session } = usePage()
  const keys = useResource(async (signal) => {
    const pages = KINDS.map((type) =>
      api.ask<typeof listLedgerEntries>('GET', '/api/v1/ledger/entries', { query: { type, limit: 200 }, signal }),
    )
    const records: EntryRecord[] = (await Promise.all(pages)).flatMap(({ items }) => items)
    return enrolledKeys(records.map(({ entry }) => entry))
  })
  useNews(
    ({ type }) => type.startsWith('operator_'),
    () => void keys.reload(),
  )
  const own = session.key?.keyId
  return (
    <Panel title={words.keys}>
      <Shown resource={keys} what={words.who}>
        {(all) =>
          all.length === 0 ? (
            <p class="note">{words.keysNone}</p>
          ) : (
            <ul class="keys">
              {all.map(({ id, name, passkey, at }) => (
                <li key={id}>
                  <strong>{name}</strong> <span class="pill">{passkey ? words.passkey : words.browserKey}</span>{' '}
                  {id === own && <span class="pill good">{words.thisKey}</span>}
                  <span class="note">
                    {words.enrolled} <When at={at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <p class="note keys-note">
        {words.keysLead} <code>{words.keysCommand}</code>
      </p>
    </Panel>
  )
}
