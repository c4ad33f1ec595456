import type { Recorder } from '../record/recorder.ts'
import { foundWords, kindsOf, leakError } from './describe.ts'
import type { Span } from './finding.ts'
import type { Inspector } from './inspector.ts'
import type { Outgoing } from './parts.ts'
import type { Asked, Questions } from './questions.ts'

/** A request that may leave as it is here. */
export interface Checked {
  readonly outgoing: Outgoing
  /** Kinds of what was taken out. */
  readonly redacted: readonly string[]
  /** Where in the body it was. */
  readonly cuts: readonly Span[]
  /** The question that was answered by letting it go. */
  readonly released?: string
}

/** Where it is decided whether what is in a request may leave; a refusal is put on record. */
export class Gate {
  readonly #inspector: Inspector
  readonly #questions: Questions
  readonly #recorder: Recorder

  constructor(inspector: Inspector, questions: Questions, recorder: Recorder) {
    this.#inspector = inspector
    this.#questions = questions
    this.#recorder = recorder
  }

  /** Throws `egress_leak` for what may not leave, and `egress_held` for what the operator has to let go. */
  async check(asked: Asked, signal: AbortSignal): Promise<Checked> {
    const { outgoing, destination, method, purpose } = asked
    const verdict = await this.#inspector.inspect(outgoing, destination, signal)
    if (verdict.action === 'allow') {
      return { outgoing: verdict.outgoing, redacted: kindsOf(verdict.redacted), cuts: verdict.cuts }
    }
    const released = verdict.action === 'ask' ? this.#questions.spend(asked) : undefined
    if (released !== undefined) return { outgoing, redacted: [], cuts: [], released }
    const question = verdict.action === 'ask' ? this.#questions.ask(asked, verdict.findings) : undefined
    const host = outgoing.url.hostname
    const error = leakError(verdict.findings, host, question)
    const found = foundWords(verdict.findings).join(',').slice(0, 500)
    this.#recorder.refused({ type: 'egress_refused', purpose, method, host, found, ok: false, code: error.code })
    throw error
  }
}
