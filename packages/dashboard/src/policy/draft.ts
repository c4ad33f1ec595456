import { signal } from '@preact/signals'
import { policyWords as words } from '../strings/policy.ts'
import type { PolicyView, Trial } from './views.ts'

/** What `PolicyFileName` of the contracts takes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(cedar|test\.json)$/
const BUILT_IN: ReadonlySet<string> = new Set(['default.cedar', 'restricted.cedar'])

export function isFileName(name: string): boolean {
  return NAME.test(name) && !BUILT_IN.has(name)
}

/** What came of the last try, and of which file and text. */
export interface Tried {
  readonly file: string
  readonly text: string | null
  readonly trial: Trial
}

/** A file as somebody writes it, until it is saved. */
export class Draft {
  readonly file = signal('mine.cedar')
  /** Null: it is to be taken away. */
  readonly text = signal<string | null>('')
  /** The file is none of those that there are. */
  readonly fresh = signal(true)
  readonly tried = signal<Tried | null>(null)
  readonly begun = signal(false)

  /** Begins with a file as it is saved, or with `text` in its place. */
  begin({ files }: Pick<PolicyView, 'files'>, name: string, text?: string): void {
    const saved = files.find((file) => file.name === name)
    this.begun.value = true
    this.file.value = name
    this.fresh.value = saved === undefined
    this.text.value = text ?? saved?.text ?? words.change.starter('my-rule')
    this.tried.value = null
  }

  /** Begins a file that is not there yet. */
  beginFresh(view: Pick<PolicyView, 'files'>, text?: string): void {
    this.begin(view, freeName(view), text)
  }

  /** The trial of exactly what is written now. */
  get current(): Trial | null {
    const tried = this.tried.value
    return tried !== null && tried.file === this.file.value && tried.text === this.text.value ? tried.trial : null
  }
}

/** `mine.cedar`, or the first `mine-2.cedar`, … that is not taken. */
export function freeName({ files }: Pick<PolicyView, 'files'>): string {
  const taken = new Set(files.map(({ name }) => name))
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'mine.cedar' : `mine-${number}.cedar`
    if (!taken.has(name)) return name
  }
}
