import type { ComponentChildren } from 'preact'
import { strings } from '../strings.ts'
import type { Doing } from './doing.ts'

export interface FormProps {
  readonly doing: Doing
  /** The word on the button: what it does. */
  readonly act: string
  /** It destroys something. */
  readonly danger?: boolean
  /** Why it cannot be sent as it is; null when it can. */
  readonly unready?: string | null
  readonly send: () => void
  readonly cancel: () => void
  /** More buttons, before the two. */
  readonly acts?: ComponentChildren
  readonly children: ComponentChildren
}

/** The fields of a dialog, why they were refused, and the buttons. Enter sends. */
export function Form({ doing, act, danger = false, unready = null, send, cancel, acts, children }: FormProps) {
  const held = unready !== null || doing.busy.value
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!held) send()
      }}
    >
      {children}
      {doing.problem.value !== null && (
        <p class="problem form-problem" role="alert">
          {doing.problem.value}
        </p>
      )}
      {unready !== null && (
        <p class="note" role="status">
          {unready}
        </p>
      )}
      <div class="dialog-acts">
        {acts}
        <button type="button" onClick={cancel}>
          {strings.ui.cancel}
        </button>
        <button type="submit" class={danger ? 'danger' : 'primary'} aria-disabled={held}>
          {doing.busy.value && <span class="spinner" />} {act}
        </button>
      </div>
    </form>
  )
}
