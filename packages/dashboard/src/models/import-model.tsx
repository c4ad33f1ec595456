import { useSignal } from '@preact/signals'
import { outcomeOf } from '../acts/acts.ts'
import { useDoing, useTry } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { models as words } from '../strings/models.ts'
import { Dialog } from '../ui/dialog.tsx'

/** Which model to examine. The question to the person comes once policy wants it, with the exact call. */
export function ImportModel({ looked, close }: { readonly looked: () => void; readonly close: () => void }) {
  const { acts } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const attempt = useTry()
  const path = useSignal('')
  const sha256 = useSignal('')
  const source = useSignal('')
  const digest = sha256.value.trim().toLowerCase()
  const badDigest = digest !== '' && !/^[0-9a-f]{64}$/.test(digest)
  const send = () => {
    const from = source.value.trim()
    const args = {
      path: path.value.trim(),
      ...(digest === '' ? {} : { sha256: digest }),
      ...(from === '' ? {} : { source: from }),
    }
    // The dialog goes, as the question comes in its place; how far it is, the page shows.
    close()
    void attempt(async () => {
      const called = acts.call('model_import', args)
      toasts.good(words.form.begun)
      setTimeout(looked, 2_000)
      const { ok, text } = outcomeOf(await called.finally(looked))
      if (!ok) throw new Error(text)
      toasts.good(text)
    })
  }
  return (
    <Dialog title={words.form.title} close={close}>
      <p class="note">{words.form.lead}</p>
      <Form
        doing={doing}
        act={words.form.act}
        unready={path.value.trim() === '' ? words.form.noPath : badDigest ? words.form.badSha256 : null}
        send={send}
        cancel={close}
      >
        <TextField
          label={words.form.path}
          note={words.form.pathNote}
          plain
          value={path.value}
          change={(value) => {
            path.value = value
          }}
        />
        <TextField
          label={words.form.sha256}
          note={words.form.sha256Note}
          plain
          value={sha256.value}
          change={(value) => {
            sha256.value = value
          }}
          problem={badDigest ? words.form.badSha256 : null}
        />
        <TextField
          label={words.form.source}
          note={words.form.sourceNote}
          plain
          value={source.value}
          change={(value) => {
            source.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}
