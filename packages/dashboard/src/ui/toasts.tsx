import { type ReadonlySignal, signal } from '@preact/signals'
import { strings } from '../strings.ts'
import { Cross } from '../theme/icons.tsx'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'good' | 'bad'
  /** Where more is to be seen. */
  readonly href?: string
}

/** How long good news stays, in milliseconds. Bad news stays until it is put away. */
const STAYS_MS = 6_000
const MOST = 4

/** Short news of acts. */
export class Toasts {
  readonly #list = signal<readonly Toast[]>([])
  #next = 1
  readonly list: ReadonlySignal<readonly Toast[]> = this.#list

  good(text: string, href?: string): void {
    const { id } = this.#show({ text, tone: 'good', ...(href === undefined ? {} : { href }) })
    setTimeout(() => this.drop(id), STAYS_MS)
  }

  bad(text: string): void {
    this.#show({ text, tone: 'bad' })
  }

  drop(id: number): void {
    this.#list.value = this.#list.value.filter((toast) => toast.id !== id)
  }

  #show(toast: Omit<Toast, 'id'>): Toast {
    const shown = { ...toast, id: this.#next++ }
    this.#list.value = [...this.#list.value.slice(1 - MOST), shown]
    return shown
  }
}

/** Where they are shown; a screen reader reads each as it comes. */
export function ToastHost({ toasts }: { readonly toasts: Toasts }) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.list.value.map(({ id, text, tone, href }) => (
        <p key={id} class={`toast ${tone}`}>
          <span class="dot" aria-hidden="true" />
          {href === undefined ? text : <a href={href}>{text}</a>}
          <button type="button" class="icon-button" title={strings.ui.close} onClick={() => toasts.drop(id)}>
            <Cross />
            <span class="unseen">{strings.ui.close}</span>
          </button>
        </p>
      ))}
    </div>
  )
}
