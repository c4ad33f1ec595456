import { createHash } from 'node:crypto'
import { canonicalJson, type EngineDecision } from '@castellan/contracts'
import { version } from '@castellan/daemon'
import { grammarSchema } from '../chat/schema.ts'
import type { Completion, SeededCompletion } from '../worker/protocol.ts'

interface Decided {
  readonly request: SeededCompletion
  readonly modelDigest: string
  /** Of the tokens, where the model told; of the request itself without it. */
  readonly promptDigest: string | undefined
  /** What computed, in which release. */
  readonly by: string
}

/** What an answer came from; see `EngineDecision`. */
export function decisionOf({ request, modelDigest, promptDigest, by }: Decided): EngineDecision {
  const tools = request.tools.map(({ name, inputSchema }) => ({ name, params: grammarSchema(inputSchema) }))
  return {
    modelDigest,
    promptDigest: promptDigest ?? sha256({ messages: request.messages, tools: request.tools.map(({ name }) => name) }),
    grammarDigest: tools.length === 0 ? null : sha256(tools),
    seed: request.seed,
    engine: { name: 'castellan-engine', version: `${version} (${by})` },
  }
}

/** A seed for whoever gave none: 32 random bits, told with the answer. */
export function seeded(request: Completion): SeededCompletion {
  return { ...request, seed: request.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0 }
}

function sha256(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
