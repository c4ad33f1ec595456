import { createHmac, randomBytes } from 'node:crypto'
import { CastellanError, type Destination, type EgressMethod, type EgressQuestion } from '@castellan/contracts'
import type { Recorder } from '../record/recorder.ts'
import { foundWords } from './describe.ts'
import type { Finding } from './finding.ts'
import type { Outgoing } from './parts.ts'

/** How long a held request can be let go, and sent again after that. */
const GOOD_MS = 10 * 60_000
const MAX_QUESTIONS = 64

interface Held {
  question: EgressQuestion
  readonly digest: string
}

/** Of a request that is to be asked about. */
export interface Asked {
  readonly method: EgressMethod
  readonly purpose: string
  readonly outgoing: Outgoing
  readonly destination: Destination
}

/**
 * Requests that the operator has to let go. Nothing of them is kept but a keyed digest: whoever asked sends the very same once more
 * when it was released, and that spends the release.
 */
export class Questions {
  readonly #recorder: Recorder
  readonly #key = randomBytes(32)
  readonly #held = new Map<string, Held>()

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  get list(): EgressQuestion[] {
    this.#sweep()
    return [...this.#held.values()].map(({ question }) => question)
  }

  /** Spends the release of exactly this request; undefined where there is none. */
  spend(asked: Asked): string | undefined {
    this.#sweep()
    const digest = this.#digest(asked)
    const held = [...this.#held.values()].find((each) => each.digest === digest && each.question.state === 'released')
    if (held === undefined) return undefined
    this.#held.delete(held.question.id)
    return held.question.id
  }

  /** The question that this request waits for, a new one or the one there is. The oldest makes room. */
  ask(asked: Asked, findings: readonly Finding[]): EgressQuestion {
    this.#sweep()
    const digest = this.#digest(asked)
    const known = [...this.#held.values()].find((each) => each.digest === digest)
    if (known !== undefined) return known.question
    const [oldest] = this.#held.keys()
    if (this.#held.size >= MAX_QUESTIONS && oldest !== undefined) this.#held.delete(oldest)
    const now = Date.now()
    const { hostname: host } = asked.outgoing.url
    const question: EgressQuestion = {
      id: `ask_${randomBytes(9).toString('base64url')}`,
      purpose: asked.purpose,
      method: asked.method,
      host,
      port: asked.destination.port,
      found: foundWords(findings),
      state: 'waiting',
      asked_at: new Date(now).toISOString(),
      expires_at: new Date(now + GOOD_MS).toISOString(),
    }
    this.#held.set(question.id, { question, digest })
    return question
  }

  /** Throws `not_found` for one that is over or never was, `egress_unrecorded`. */
  async release(id: string): Promise<{ readonly question: EgressQuestion; readonly index: number }> {
    this.#sweep()
    const held = this.#held.get(id)
    if (held === undefined) {
      throw new CastellanError('not_found', `No request waits as ${id}. Held requests are forgotten after 10 minutes.`)
    }
    const { host, found } = held.question
    const index = await this.#recorder.before({
      type: 'egress_released',
      question: id,
      host,
      found: found.join(',').slice(0, 500),
    })
    held.question = { ...held.question, state: 'released' }
    return { question: held.question, index }
  }

  #sweep(): void {
    const now = Date.now()
    for (const [id, { question }] of this.#held) if (Date.parse(question.expires_at) <= now) this.#held.delete(id)
  }

  #digest({ method, outgoing, destination }: Asked): string {
    const { url, headers, body } = outgoing
    const head = JSON.stringify([destination.id, method, url.href, Object.entries(headers).sort()])
    return createHmac('sha256', this.#key)
      .update(head)
      .update('\0')
      .update(body ?? '')
      .digest('base64url')
  }
}
