import type { AnswerEvent } from './engine.ts'
import { formsOf, withoutSecrets } from './exchange.ts'

/**
 * Takes the secrets that an answer was paid with out of it, before it is in any transcript, call or log: a provider may say them
 * back, whole or in pieces. What could be the beginning of one is held until what follows it is there. `onEcho` hears of the first.
 */
export async function* withoutEcho(
  events: AsyncIterable<AnswerEvent>,
  secrets: readonly string[],
  onEcho: () => void = () => undefined,
): AsyncGenerator<AnswerEvent, void, void> {
  const said = { text: new Held(secrets, onEcho), reasoning: new Held(secrets, onEcho) }
  function* rest(): Generator<AnswerEvent, void, void> {
    for (const type of ['reasoning', 'text'] as const) {
      const text = said[type].rest()
      if (text !== '') yield { type, text }
    }
  }
  try {
    for await (const event of events) {
      if (event.type === 'text' || event.type === 'reasoning') {
        const text = said[event.type].take(event.text)
        if (text !== '') yield { ...event, text }
        continue
      }
      if (event.type !== 'queued' && event.type !== 'notice') yield* rest()
      yield cleaned(event, secrets, onEcho) as AnswerEvent
    }
  } catch (error) {
    yield* rest()
    throw error
  }
  yield* rest()
}

/** The value with the secrets out of its strings, keys among them; itself where there are none. */
export function cleaned(value: unknown, secrets: readonly string[], onEcho: () => void = () => undefined): unknown {
  const text = JSON.stringify(value)
  if (!formsOf(secrets).some((form) => text.includes(form))) return value
  onEcho()
  return copyOf(value, secrets)
}

function copyOf(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return withoutSecrets(value, secrets)
  if (Array.isArray(value)) return value.map((item) => copyOf(item, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [withoutSecrets(key, secrets), copyOf(item, secrets)]),
  )
}

/** A text that comes in pieces. */
class Held {
  readonly #secrets: readonly string[]
  readonly #forms: readonly string[]
  readonly #onEcho: () => void
  #held = ''

  constructor(secrets: readonly string[], onEcho: () => void) {
    this.#secrets = secrets
    this.#forms = formsOf(secrets)
    this.#onEcho = onEcho
  }

  /** What can be passed on by now. */
  take(piece: string): string {
    const whole = this.#held + piece
    const clean = withoutSecrets(whole, this.#secrets)
    if (clean !== whole) this.#onEcho()
    const from = Math.min(...this.#forms.map((form) => beginningOf(form, clean)), clean.length)
    this.#held = clean.slice(from)
    return clean.slice(0, from)
  }

  /** What was no secret after all. */
  rest(): string {
    const text = this.#held
    this.#held = ''
    return text
  }
}

/** Where the text ends in what begins this secret; its length where it does not. */
function beginningOf(form: string, text: string): number {
  const first = form[0] as string
  const earliest = Math.max(0, text.length - form.length + 1)
  for (let at = text.indexOf(first, earliest); at !== -1; at = text.indexOf(first, at + 1)) {
    if (form.startsWith(text.slice(at))) return at
  }
  return text.length
}
