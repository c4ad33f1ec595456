import { useSignal } from '@preact/signals'
import { outcomeOf } from '../acts/acts.ts'
import { useDoing } from '../forms/doing.ts'
import { CheckField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { apps } from '../strings/apps.ts'
import { Dialog } from '../ui/dialog.tsx'

const words = apps.removal

export interface RemoveAppProps {
  readonly name: string
  readonly changed: () => void
  readonly close: () => void
}

/** The question before an app goes. What it stored goes with it only where its name is typed. */
export function RemoveApp({ name, changed, close }: RemoveAppProps) {
  const { acts } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const state = useSignal(false)
  const typed = useSignal('')
  const send = async () => {
    const done = await doing.run(async () => {
      const { ok, text } = outcomeOf(await acts.call('app_remove', { name, state: state.value }))
      if (!ok) throw new Error(text)
    })
    if (!done) return
    toasts.good(words.done(name))
    changed()
    close()
  }
  return (
    <Dialog title={words.title(name)} close={close}>
      <Form
        doing={doing}
        act={words.act}
        unready={state.value && typed.value.trim() !== name ? words.untyped(name) : null}
        send={() => void send()}
        cancel={close}
      >
        <ul class="effects">
          <li>{words.stops(name)}</li>
          <li>{state.value ? words.deletes : words.keeps(name)}</li>
        </ul>
        <p class="note">{state.value ? words.undoWithState : words.undo}</p>
        <CheckField
          label={words.withState}
          checked={state.value}
          change={(checked) => {
            state.value = checked
          }}
        />
        {state.value && (
          <TextField
            label={words.type(name)}
            plain
            value={typed.value}
            change={(value) => {
              typed.value = value
            }}
          />
        )}
      </Form>
    </Dialog>
  )
}
