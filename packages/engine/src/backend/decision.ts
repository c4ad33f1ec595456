import { createHash } from 'node:crypto'
import { canonicalJson, type EngineDecision } from '@castellan/contracts'
import { version } from '@castellan/daemon'
import { grammarSchema } from '../chat/schema.ts'
import type { Completion, SeededCompletion } from '../worker/protocol.ts'

interface Decided {
  readonly request: SeededCompletion
  readonly modelDigest: string
  /** Of the request's tools, by {@link toolsKey}. */
  readonly toolsKey: string
  /** Of the tokens, where the model told; of the request itself without it. */
  readonly promptDigest: string | undefined
  /** What computed, in which release. */
  readonly by: string
}

/** Tells what answers came from; see `EngineDecision`. */
export class Decisions {
  /** Of lists of tools as they came, so that the same ones are put into a form once. */
  readonly #grammars = new Map<string, string>()

  of({ request, modelDigest, toolsKey, promptDigest, by }: Decided): EngineDecision {
    const { messages, tools, seed } = request
    return {
      modelDigest,
      promptDigest:
        promptDigest ?? sha256(canonicalJson(wellFormed({ messages, tools: tools.map(({ name }) => name) }))),
      grammarDigest: tools.length === 0 ? null : this.#grammar(toolsKey, tools),
      seed,
      engine: { name: 'castellan-engine', version: `${version} (${by})` },
    }
  }

  #grammar(key: string, tools: SeededCompletion['tools']): string {
    const known = this.#grammars.get(key)
    if (known !== undefined) return known
    const digest = sha256(
      canonicalJson(wellFormed(tools.map(({ name, inputSchema }) => ({ name, params: grammarSchema(inputSchema) })))),
    )
    if (this.#grammars.size >= REMEMBERED) this.#grammars.delete(this.#grammars.keys().next().value as string)
    this.#grammars.set(key, digest)
    return digest
  }
}

const REMEMBERED = 64

/** Stands for a list of tools as it came. */
export function toolsKey(tools: SeededCompletion['tools']): string {
  return sha256(JSON.stringify(tools))
}

/** A seed for whoever gave none: 32 random bits, told with the answer. */
export function seeded(request: Completion): SeededCompletion {
  return { ...request, seed: request.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0 }
}

/** Half a character, cut off somewhere on its way, has no canonical form; the model sees a replacement character in its place, too. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), wellFormed(item)]))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
