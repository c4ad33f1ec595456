import { useSignal } from '@preact/signals'
import { outcomeOf } from '../acts/acts.ts'
import { useDoing, useTry } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { memory as words } from '../strings/memory.ts'
import { Dialog } from '../ui/dialog.tsx'
import { argumentsOf, draftOf, draftProblem, emptyDraft, type FactDraft } from './draft.ts'
import type { Fact } from './facts.ts'

export interface FactFormProps {
  /** The one that is corrected; null for a new one. */
  readonly fact: Fact | null
  readonly changed: () => void
  readonly close: () => void
}

/** Something to remember, or to remember otherwise. Policy may want a yes for it, which is asked for in its place. */
export function FactForm({ fact, changed, close }: FactFormProps) {
  const { acts } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const attempt = useTry()
  const draft = useSignal(fact === null ? emptyDraft() : draftOf(fact, Date.now()))
  const set = (field: keyof FactDraft) => (value: string) => {
    draft.value = { ...draft.value, [field]: value }
  }
  const send = () => {
    const args = argumentsOf(draft.value, fact, Date.now())
    // The dialog goes, as the question comes in its place.
    close()
    void attempt(async () => {
      const { ok, text } = outcomeOf(await acts.call('memory_store', args))
      if (!ok) throw new Error(text)
      toasts.good(text)
      changed()
    })
  }
  const { text, source, tags, sure, days } = draft.value
  const { form } = words
  return (
    <Dialog title={fact === null ? form.addTitle : form.editTitle(fact.id)} close={close}>
      <Form
        doing={doing}
        act={fact === null ? form.add : form.edit}
        unready={draftProblem(draft.value)}
        send={send}
        cancel={close}
      >
        <TextField
          label={form.text}
          note={form.textNote}
          lines={4}
          value={text}
          change={set('text')}
          maxLength={4000}
        />
        <TextField label={form.source} value={source} change={set('source')} maxLength={300} />
        <TextField label={form.tags} note={form.tagsNote} plain value={tags} change={set('tags')} maxLength={700} />
        <div class="field-row">
          <TextField label={form.sure} note={form.sureNote} plain value={sure} change={set('sure')} />
          <TextField label={form.days} note={form.daysNote} plain value={days} change={set('days')} />
        </div>
        {fact !== null && fact.labels.length > 0 && <p class="note">{form.labelGoes}</p>}
      </Form>
    </Dialog>
  )
}
