import { useSignal } from '@preact/signals'
import { outcomeOf } from '../acts/acts.ts'
import { useDoing } from '../forms/doing.ts'
import { CheckField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { backups as words } from '../strings/backups.ts'
import { Dialog } from '../ui/dialog.tsx'
import { pathsIn } from './paths.ts'

export interface CreateBackupProps {
  readonly made: () => void
  readonly close: () => void
}

/** Backs up files and folders. The call is shown and asked about like any other. */
export function CreateBackup({ made, close }: CreateBackupProps) {
  const { acts } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const typed = useSignal('')
  const set = useSignal('main')
  const trial = useSignal(true)
  const paths = pathsIn(typed.value)
  const send = async () => {
    let said = ''
    const done = await doing.run(async () => {
      const args = { paths, set: set.value.trim(), check: trial.value ? 'restored' : 'decrypted' }
      const { ok, text } = outcomeOf(await acts.call('backup_create', args))
      if (!ok) throw new Error(text)
      said = text
    })
    if (!done) return
    toasts.good(said)
    made()
    close()
  }
  return (
    <Dialog title={words.createTitle} close={close}>
      <Form
        doing={doing}
        act={words.createAct}
        unready={paths.length === 0 ? words.pathsFirst : set.value.trim() === '' ? words.setFirst : null}
        send={() => void send()}
        cancel={close}
      >
        <TextField
          label={words.paths}
          note={words.pathsNote}
          plain
          lines={3}
          value={typed.value}
          maxLength={4000}
          change={(value) => {
            typed.value = value
          }}
        />
        <TextField
          label={words.setLabel}
          note={words.setNote}
          plain
          value={set.value}
          maxLength={64}
          change={(value) => {
            set.value = value
          }}
        />
        <CheckField
          label={words.trial}
          checked={trial.value}
          change={(checked) => {
            trial.value = checked
          }}
        />
      </Form>
    </Dialog>
  )
}
