import { useSignal } from '@preact/signals'
import { useAct } from '../acts/use-act.ts'
import { useDoing } from '../forms/doing.ts'
import { CheckField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
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
  const act = useAct()
  const doing = useDoing()
  const state = useSignal(false)
  const typed = useSignal('')
  const send = async () => {
    const args = { name, state: state.value }
    const done = await doing.run(async () => {
      await act('app_remove', args, words.done(name))
    })
    if (!done) return
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
