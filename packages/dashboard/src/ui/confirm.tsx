import { type ReadonlySignal, signal, useSignal } from '@preact/signals'
import { strings } from '../strings.ts'
import { Dialog } from './dialog.tsx'

/** A question before an act. It says what will happen, and whether it can be taken back. */
export interface Confirmation {
  readonly title: string
  /** Whole sentences, each something that will happen. */
  readonly effects: readonly string[]
  /** How it can be taken back, or that it cannot. */
  readonly undo: string
  /** The word on the button: what it does. */
  readonly act: string
  readonly danger?: boolean
  /** A word that has to be typed first, for what nobody should do by a slip. */
  readonly typed?: string
}

interface Open {
  readonly question: Confirmation
  readonly answer: (yes: boolean) => void
}

/** Asks one question at a time. */
export class Confirmations {
  readonly #open = signal<Open | null>(null)
  readonly open: ReadonlySignal<Open | null> = this.#open

  /** True where the act was confirmed. */
  ask(question: Confirmation): Promise<boolean> {
    this.#open.value?.answer(false)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const answer = (yes: boolean) => {
      this.#open.value = null
      resolve(yes)
    }
    this.#open.value = { question, answer }
    return promise
  }
}

export function ConfirmationHost({ confirmations }: { readonly confirmations: Confirmations }) {
  const open = confirmations.open.value
  return open === null ? null : <Question key={open.question.title} {...open} />
}

function Question({ question, answer }: Open) {
  const typed = useSignal('')
  const { title, effects, undo, act, danger = false } = question
  const ready = question.typed === undefined || typed.value.trim() === question.typed
  return (
    <Dialog title={title} close={() => answer(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) answer(true)
        }}
      >
        <ul class="effects">
          {effects.map((effect, position) => (
            <li key={position}>{effect}</li>
          ))}
        </ul>
        <p class="note">{undo}</p>
        {question.typed !== undefined && (
          <label class="field">
            <span>{strings.ui.typeToConfirm(question.typed)}</span>
            <input
              value={typed.value}
              autocomplete="off"
              spellcheck={false}
              onInput={({ currentTarget }) => {
                typed.value = currentTarget.value
              }}
            />
          </label>
        )}
        <div class="dialog-acts">
          <button type="button" onClick={() => answer(false)}>
            {strings.ui.cancel}
          </button>
          <button type="submit" class={danger ? 'danger' : 'primary'} aria-disabled={!ready}>
            {act}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
