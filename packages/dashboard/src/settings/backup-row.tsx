import { useSignal } from '@preact/signals'
import { outcomeOf } from '../acts/acts.ts'
import { bytes } from '../cards/units.ts'
import { useTry } from '../forms/doing.ts'
import { usePage, useSigned } from '../page.ts'
import { backups as words } from '../strings/backups.ts'
import { When } from '../ui/when.tsx'
import type { BackupView } from './backup-section.tsx'
import { RestoreBackup } from './restore-backup.tsx'

export interface BackupRowProps {
  readonly backup: BackupView
  /** The recovery key in force. */
  readonly recoveryKey: string | null
}

/** One backup: of what, when, how it was checked, and what can be done with it. */
export function BackupRow({ backup, recoveryKey }: BackupRowProps) {
  const { id, containerBytes, keyId, known } = backup
  const { acts } = useSigned()
  const { toasts } = usePage()
  const attempt = useTry()
  const verifying = useSignal(false)
  const restoring = useSignal(false)
  const verify = async () => {
    verifying.value = true
    await attempt(async () => {
      const { ok, text } = outcomeOf(await acts.call('backup_verify', { id }))
      if (!ok) throw new Error(text)
      toasts.good(text)
    })
    verifying.value = false
  }
  const otherKey = keyId !== recoveryKey
  return (
    <li class="thing">
      <div class="thing-what">
        <p class="thing-name">
          {known === null ? words.foreign : known.roots.join(', ')}
          {known !== null && <span class="pill">{words.checked[known.checked]}</span>}
          {otherKey && (
            <span class="pill warn">{keyId === null ? words.damagedHeader : words.otherKey(keyId.slice(0, 8))}</span>
          )}
        </p>
        <p class="thing-about">
          {known !== null && (
            <>
              <When at={known.createdAt} /> · {words.entries(known.entries, bytes(known.fileBytes))}
              {known.databases > 0 && ` · ${words.databases(known.databases)}`} ·{' '}
            </>
          )}
          {words.takes(bytes(containerBytes))}
        </p>
        <p class={known !== null && known.leftTotal > 0 ? 'thing-about bad' : 'thing-about'}>
          <code>{id}</code>
          {known !== null && ` · ${words.set(known.set)}`}
          {known !== null && known.leftTotal > 0 && ` · ${words.left(known.leftTotal)}`}
        </p>
      </div>
      <div class="thing-acts">
        <button
          type="button"
          class="quiet"
          aria-disabled={verifying.value}
          aria-label={words.actOn(words.verify, id)}
          onClick={() => {
            if (!verifying.value) void verify()
          }}
        >
          {verifying.value && <span class="spinner" />} {words.verify}
        </button>
        <button
          type="button"
          class="quiet"
          aria-label={words.actOn(words.restore, id)}
          onClick={() => {
            restoring.value = true
          }}
        >
          {words.restore}
        </button>
      </div>
      {restoring.value && (
        <RestoreBackup
          backup={backup}
          close={() => {
            restoring.value = false
          }}
        />
      )}
    </li>
  )
}
