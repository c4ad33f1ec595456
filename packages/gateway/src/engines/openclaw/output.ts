import { CastellanError } from '@castellan/contracts'
import type { AnswerEvent } from '../engine.ts'
import { failureOf } from '../remote/failure.ts'
import { countOf, jsonOf, type Loose, listOf, objectOf, stringOf } from '../remote/json.ts'
import { SERVER } from './config.ts'

/**
 * Reads the envelope that `openclaw agent exec --json` ends with. It does not stream: the answer comes in one piece. Yields nothing
 * where there is no envelope. Throws a refusal of the provider's, and `engine_unsuitable` where a tool was called that is not ours.
 */
export async function* readOutput(
  lines: AsyncIterable<string>,
  { host, secrets }: { readonly host: string; readonly secrets: readonly string[] },
): AsyncGenerator<AnswerEvent, void, void> {
  const text: string[] = []
  for await (const line of lines) text.push(line)
  const whole = text.join('\n')
  const envelope = objectOf(jsonOf(whole.slice(Math.max(0, whole.indexOf('{')))))
  if (typeof envelope.ok !== 'boolean') return
  const foreign = listOf(objectOf(envelope.toolSummary).tools).find((name) => !isOurs(stringOf(name)))
  if (foreign !== undefined) {
    throw new CastellanError(
      'engine_unsuitable',
      `OpenClaw called its own tool ${JSON.stringify(foreign)}, past policy and ledger. Use another engine, and look at what it did.`,
    )
  }
  if (envelope.ok !== true) throw failure(envelope, host, secrets)
  const final = stringOf(envelope.final)
  if (final !== '') yield { type: 'text', text: final }
  yield { type: 'done', reason: 'stop', usage: usageOf(envelope) }
}

function isOurs(name: string): boolean {
  return name.startsWith(`${SERVER}__`)
}

/** It tells of a provider's status only in words. */
function failure({ error, status }: Loose, host: string, secrets: readonly string[]): CastellanError {
  const says = stringOf(objectOf(error).message) || stringOf(status)
  const code = /\b(4\d\d|5\d\d)\b/.exec(says)?.[1]
  const isKey = /api key|authentication|unauthorized/i.test(says)
  const isLimit = /rate.?limit/i.test(says)
  return failureOf(code === undefined ? (isKey ? 401 : isLimit ? 429 : 500) : Number(code), says, host, secrets)
}

/** Its costs come from prices in its configuration, of which it has none; the owner's price list is asked instead. */
function usageOf({ usage }: Loose) {
  const { input, output, cacheRead, cacheWrite } = objectOf(usage)
  const [fresh, read, written] = [countOf(input), countOf(cacheRead) ?? 0, countOf(cacheWrite) ?? 0]
  return {
    promptTokens: fresh === null ? null : fresh + read + written,
    outputTokens: countOf(output),
    durationMs: 0,
    cacheReadTokens: read,
    cacheWriteTokens: written,
  }
}
