import type { EngineKind } from '@castellan/contracts'
import { redactAnswer } from '../insights/streamed.ts'

/** Most that is kept of what came back, in characters; the rest is counted. */
const MAX_ANSWER_CHARACTERS = 1024 * 1024
/** Shorter than this is no secret, and taking it out would mangle the text. */
const MIN_SECRET = 6
const TAKEN_OUT = '[secret]'

/** One request to an engine outside and its answer, exactly as they travelled but for secrets. Headers are not part of it. */
export interface Exchange {
  readonly engine: EngineKind
  readonly model: string | null
  readonly url: string
  /** Id of the credential that paid; null where none was needed. */
  readonly credential: string | null
  readonly startedAt: Date
  readonly durationMs: number
  /** The body that was sent. */
  readonly request: string
  /** Null when no answer came. */
  readonly status: number | null
  /** The body that came back, cut at 1 MiB. */
  readonly response: string
  /** Characters that were cut off it. */
  readonly cut: number
  /** Why it went wrong, if it did. */
  readonly problem: string | null
}

/** Notes one exchange while it happens. `close` hands it over, once. */
export class ExchangeNotes {
  readonly #about: Pick<Exchange, 'engine' | 'model' | 'url' | 'credential' | 'request'>
  readonly #secrets: readonly string[]
  readonly #tell: ((exchange: Exchange) => void) | undefined
  readonly #startedAt = new Date()
  readonly #started = performance.now()
  readonly #decoder = new TextDecoder()
  #status: number | null = null
  #response = ''
  #cut = 0
  #closed = false
  #echoed = false

  constructor(
    about: Pick<Exchange, 'engine' | 'model' | 'url' | 'credential' | 'request'>,
    secrets: readonly string[],
    tell: ((exchange: Exchange) => void) | undefined,
  ) {
    this.#about = about
    this.#secrets = secrets
    this.#tell = tell
  }

  answered(status: number): void {
    this.#status = status
  }

  /** Passes the answer's bytes on as they come and notes them. */
  async *reading(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of body) {
      this.received(this.#decoder.decode(piece, { stream: true }))
      yield piece
    }
  }

  received(text: string): void {
    const room = MAX_ANSWER_CHARACTERS - this.#response.length
    this.#response += text.slice(0, room)
    this.#cut += Math.max(0, text.length - room)
  }

  /** The answer held a secret, perhaps in pieces that are only seen where they are put together. */
  readonly echoed = (): void => {
    this.#echoed = true
  }

  close(problem: string | null): void {
    if (this.#closed) return
    this.#closed = true
    this.#tell?.({
      ...this.#about,
      request: withoutSecrets(this.#about.request, this.#secrets),
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#started,
      status: this.#status,
      response: this.#clean(),
      cut: this.#cut,
      problem: problem === null ? null : withoutSecrets(problem, this.#secrets),
    })
  }

  #clean(): string {
    const clean = withoutSecrets(this.#response, this.#secrets)
    if (!this.#echoed) return clean
    return redactAnswer(clean, (text) => {
      const without = withoutSecrets(text, this.#secrets)
      return { text: without, count: without === text ? 0 : 1 }
    }).text
  }
}

/** The text with each secret, as it is or as JSON writes it, taken out. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return formsOf(secrets).reduce((clean, form) => clean.replaceAll(form, TAKEN_OUT), text)
}

/** How secrets may stand in a text: as they are, as JSON writes them, and as JSON writes that within a text of its own. */
export function formsOf(secrets: readonly string[]): string[] {
  const long = secrets.filter(({ length }) => length >= MIN_SECRET)
  const written = long.map(inJson)
  return [...new Set([...long, ...written, ...written.map(inJson)])]
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
