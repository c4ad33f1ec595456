import { useSignal } from '@preact/signals'
import { bytes } from '../cards/units.ts'
import { useNews } from '../live/live.ts'
import { readByTool } from '../live/reading.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { backups as words } from '../strings/backups.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { BackupRow } from './backup-row.tsx'
import { CreateBackup } from './create-backup.tsx'

/** As the tool `backup_list` answers. */
export interface BackupListing {
  readonly backups: readonly BackupView[]
  readonly total: number
  readonly usedBytes: number
  readonly recoveryKey: string | null
}

export interface BackupView {
  readonly id: string
  readonly containerBytes: number
  readonly keyId: string | null
  readonly known: {
    readonly set: string
    readonly createdAt: string
    readonly roots: readonly string[]
    readonly entries: number
    readonly fileBytes: number
    readonly databases: number
    readonly leftTotal: number
    readonly checked: 'restored' | 'decrypted'
  } | null
}

const MOST = 200

/** What was backed up, and putting it back. Every act is a call that policy decides about. */
export function BackupSection() {
  const { api } = useSigned()
  const creating = useSignal(false)
  const backups = useResource((signal) => readByTool<BackupListing>(api, 'backup_list', { limit: MOST }, signal))
  useNews(
    ({ type, tool, ok }) =>
      type === 'backup_key_made' || (type === 'outcome' && ok === true && tool === 'backup_create'),
    () => void backups.reload(),
  )
  const create = (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        creating.value = true
      }}
    >
      {words.create}
    </button>
  )
  const state = backups.state.value
  const hasKey = state.kind === 'ready' && state.value.recoveryKey !== null
  return (
    <div class="split">
      <Panel title={words.title} acts={hasKey ? create : undefined}>
        <Shown resource={backups} what={words.what}>
          {({ backups: items, total, usedBytes, recoveryKey }) =>
            items.length === 0 ? (
              <Empty title={words.none}>{recoveryKey === null ? words.noneNoKey : words.noneLead}</Empty>
            ) : (
              <>
                <p class="note before-list">{words.count(total, items.length, bytes(usedBytes))}</p>
                <ul class="things">
                  {items.map((backup) => (
                    <BackupRow key={backup.id} backup={backup} recoveryKey={recoveryKey} />
                  ))}
                </ul>
              </>
            )
          }
        </Shown>
      </Panel>
      <Panel title={words.key}>
        <Shown resource={backups} what={words.keyWhat}>
          {({ recoveryKey }) => (
            <>
              <p class="thing-name">
                <span class={`pill ${recoveryKey === null ? 'warn' : 'good'}`}>
                  {recoveryKey === null ? words.keyNone : words.keyThere}
                </span>
                {recoveryKey !== null && <code class="thing-about">{recoveryKey}</code>}
              </p>
              <p class="note">{recoveryKey === null ? words.keyNoneLead : words.keyLead}</p>
              <p class="after">
                <code>{recoveryKey === null ? words.keyCommand : words.keyReplaceCommand}</code>
              </p>
              <p class="note after">{words.keyWhy}</p>
            </>
          )}
        </Shown>
      </Panel>
      {creating.value && (
        <CreateBackup
          made={() => void backups.reload()}
          close={() => {
            creating.value = false
          }}
        />
      )}
    </div>
  )
}
