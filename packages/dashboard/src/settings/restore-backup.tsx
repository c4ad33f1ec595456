import { useSignal } from '@preact/signals'
import { outcomeOf } from '../acts/acts.ts'
import { useDoing } from '../forms/doing.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { backups as words } from '../strings/backups.ts'
import { Dialog } from '../ui/dialog.tsx'
import type { BackupView } from './backup-section.tsx'
import { pathsIn } from './paths.ts'

export interface RestoreBackupProps {
  readonly backup: BackupView
  readonly close: () => void
}

/** Puts a backup back, beside what is there or in its place. The recovery key is handed over on the machine first, and never here. */
export function RestoreBackup({ backup: { id, known }, close }: RestoreBackupProps) {
  const { acts } = useSigned()
  const { confirmations, toasts } = usePage()
  const doing = useDoing()
  const place = useSignal<'folder' | 'in_place'>('folder')
  const folder = useSignal('')
  const only = useSignal('')
  const inPlace = place.value === 'in_place'
  const wanted = pathsIn(only.value)
  const roots = wanted.length > 0 ? wanted : (known?.roots ?? [])
  const send = async () => {
    const to = folder.value.trim()
    const question = inPlace ? words.inPlace : words.beside
    const what = roots.map((path) => (inPlace ? words.overwrites(path) : words.puts(path, to)))
    const effects = [...(what.length === 0 ? [words.putsAll] : what), ...question.effects]
    const asked = { ...question, title: question.title(id), effects }
    if (!(await confirmations.ask(inPlace ? { ...asked, danger: true, typed: words.inPlaceTyped } : asked))) return
    let said = ''
    const done = await doing.run(async () => {
      const args = { id, ...(inPlace ? { inPlace } : { to }), ...(wanted.length > 0 ? { only: wanted } : {}) }
      const { ok, text } = outcomeOf(await acts.call('backup_restore', args))
      if (!ok) throw new Error(text)
      said = text
    })
    if (!done) return
    toasts.good(said)
    close()
  }
  return (
    <Dialog title={words.restoreTitle} close={close}>
      <Form
        doing={doing}
        act={words.restoreAct}
        unready={!inPlace && folder.value.trim() === '' ? words.folderFirst : null}
        send={() => void send()}
        cancel={close}
      >
        <p class="note">
          {words.unlock} <code>{words.unlockCommand(id)}</code>
        </p>
        <SelectField
          label={words.where}
          value={place.value}
          note={inPlace ? words.inPlaceNote : words.besideNote}
          options={Object.entries(words.places).map(([value, label]) => ({ value, label }))}
          change={(value) => {
            place.value = value as 'folder' | 'in_place'
          }}
        />
        {!inPlace && (
          <TextField
            label={words.folder}
            plain
            value={folder.value}
            maxLength={4000}
            change={(value) => {
              folder.value = value
            }}
          />
        )}
        <TextField
          label={words.only}
          note={words.onlyNote}
          plain
          lines={2}
          value={only.value}
          maxLength={4000}
          change={(value) => {
            only.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}
