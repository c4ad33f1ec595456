import { ToolName } from '@castellan/contracts'

/** Room for the number that tells two names apart. */
const MAX_STEM = 58

/**
 * The tools of a request by the names that OpenAI's clients give them (`getWeather`, `get-weather`), and by those that the model
 * on this machine can be asked for, which are snake case. Each has one that is its own.
 */
export class ToolNames {
  readonly #wire = new Map<string, ToolName>()
  readonly #given = new Map<string, string>()

  constructor(given: readonly string[]) {
    // What is snake case already stays what it is, whatever another would become.
    const ready = given.filter((name) => ToolName.safeParse(name).success)
    for (const name of [...ready, ...given]) if (!this.#wire.has(name)) this.#add(name)
  }

  /** For the model. A tool that the request does not have, which was called before, gets a name of the same form. */
  wire(given: string): ToolName {
    return this.#wire.get(given) ?? ToolName.parse(snakeCase(given))
  }

  /** For the client. */
  given(wire: string): string {
    return this.#given.get(wire) ?? wire
  }

  #add(given: string): void {
    const stem = ToolName.safeParse(given).success ? given : snakeCase(given)
    let wire = stem
    for (let number = 2; this.#given.has(wire); number++) wire = `${stem}_${number}`
    this.#wire.set(given, ToolName.parse(wire))
    this.#given.set(wire, given)
  }
}

function snakeCase(text: string): string {
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .join('_')
  const named = /^[a-z]/.test(words) ? words : `tool_${words}`
  return named.slice(0, MAX_STEM).replace(/_+$/, '')
}
