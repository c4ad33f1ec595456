import { CastellanError } from '@castellan/contracts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../terminal.ts'

/** How one part of an emergency went. `unsupported`: this host has nothing of the kind. */
export interface Step {
  readonly step: string
  readonly state: 'done' | 'unsupported' | 'failed'
  readonly message: string
  readonly code?: string
}

const marks = { done: ['green', '✓'], unsupported: ['dim', '–'], failed: ['red', '✗'] } as const

/** What was done, step by step. In an emergency a step that fails keeps no other from being taken. */
export class Report {
  readonly steps: Step[] = []
  readonly #terminal: Terminal

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Takes a step, which answers what it did in one sentence, and shows how it went. Never throws. */
  async take(step: string, act: () => Promise<string>): Promise<boolean> {
    const taken = await act().then(
      (message): Step => ({ step, state: 'done', message }),
      (error: unknown) => failure(step, error),
    )
    this.steps.push(taken)
    const [colour, mark] = marks[taken.state]
    if (!this.#terminal.json) this.#terminal.line(`${this.#terminal.paint(colour, mark)} ${printable(taken.message)}`)
    return taken.state === 'done'
  }

  get failed(): boolean {
    return this.steps.some(({ state }) => state === 'failed')
  }
}

function failure(step: string, error: unknown): Step {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof CastellanError)) return { step, state: 'failed', message }
  const { code } = error
  return { step, state: code === 'unsupported_host' ? 'unsupported' : 'failed', message, code }
}
