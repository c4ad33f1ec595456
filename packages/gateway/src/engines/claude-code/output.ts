import { CastellanError } from '@castellan/contracts'
import type { AnswerEvent, Usage } from '../engine.ts'
import { failureOf, type ProviderFailure } from '../remote/failure.ts'
import { countOf, jsonOf, type Loose, listOf, objectOf, stringOf } from '../remote/json.ts'
import type { Progress } from '../remote/tries.ts'
import { SERVER } from './command.ts'

/** Statuses that another try with the same credential does not help. */
const HOPELESS: readonly number[] = [401, 402, 403]

/**
 * Reads what `claude -p --output-format stream-json` writes: one JSON object a line. Throws a provider's refusal as soon as
 * the program tells of it, while nothing was said or done; later the program itself tries again, within its own
 * conversation. Throws `engine_unsuitable` where it has tools that are not ours.
 */
export async function* readOutput(
  lines: AsyncIterable<string>,
  {
    host,
    secrets,
    progress,
    tools,
  }: {
    readonly host: string
    readonly secrets: readonly string[]
    readonly progress: Progress
    /** Whether it was given our tools. */
    readonly tools: boolean
  },
): AsyncGenerator<AnswerEvent, void, void> {
  let lastWasText = false
  for await (const line of lines) {
    const message = objectOf(jsonOf(line))
    switch (message.type) {
      case 'system':
        if (message.subtype === 'init') checkTools(message, tools)
        if (message.subtype === 'api_retry') yield retried(message, { host, secrets, progress })
        break
      case 'stream_event': {
        // What an agent of the program's own says is not the answer; there are none, as there is no tool to start one.
        if (message.parent_tool_use_id !== null && message.parent_tool_use_id !== undefined) break
        const event = objectOf(message.event)
        if (event.type === 'content_block_start' && lastWasText) {
          if (objectOf(event.content_block).type === 'text') yield { type: 'text', text: '\n\n' }
          lastWasText = false
        }
        const delta = objectOf(event.delta)
        if (delta.type === 'text_delta' && stringOf(delta.text) !== '') {
          lastWasText = true
          yield { type: 'text', text: stringOf(delta.text) }
        }
        if (delta.type === 'thinking_delta' && stringOf(delta.thinking) !== '') {
          yield { type: 'reasoning', text: stringOf(delta.thinking) }
        }
        break
      }
      case 'result':
        yield done(message, host, secrets)
        return
    }
  }
}

/** Its own tools are off, and ours are there; a version of it that has others on is not let near a conversation. */
function checkTools({ tools, mcp_servers }: Loose, wanted: boolean): void {
  const foreign = listOf(tools).find((name) => !stringOf(name).startsWith(`mcp__${SERVER}__`))
  if (foreign !== undefined) {
    throw new CastellanError(
      'engine_unsuitable',
      `This version of Claude Code keeps its own tool ${JSON.stringify(foreign)} on, past policy and ledger, so it was ended. Use the engine anthropic, or another version.`,
    )
  }
  const ours = listOf(mcp_servers)
    .map(objectOf)
    .find(({ name }) => name === SERVER)
  if (wanted && ours?.status !== 'connected') {
    throw new CastellanError('engine_crashed', 'Claude Code did not find the tools it was given. Say it again.')
  }
}

function retried(
  { error_status, error }: Loose,
  { host, secrets, progress }: { host: string; secrets: readonly string[]; progress: Progress },
): AnswerEvent {
  const status = countOf(error_status)
  if (status !== null && !progress.began && (status === 429 || HOPELESS.includes(status))) {
    throw failureOf(status, stringOf(error), host, secrets)
  }
  return { type: 'notice', text: `${host} did not answer (${status ?? 'no answer'}); Claude Code is trying again.` }
}

function done(result: Loose, host: string, secrets: readonly string[]): AnswerEvent {
  if (result.is_error === true || result.subtype !== 'success') throw failure(result, host, secrets)
  const reason = { max_tokens: 'length', refusal: 'refused' } as const
  const stopped = stringOf(result.stop_reason)
  return {
    type: 'done',
    reason: reason[stopped as keyof typeof reason] ?? 'stop',
    usage: usageOf(result),
  }
}

function failure(result: Loose, host: string, secrets: readonly string[]): CastellanError | ProviderFailure {
  const says = stringOf(result.result) || listOf(result.errors).map(stringOf).join(' ') || stringOf(result.subtype)
  return failureOf(countOf(result.api_error_status) ?? 500, says, host, secrets)
}

/** The program counts all it asked in the run; its price is an estimate from a list of its own, and none where it says so. */
function usageOf({ usage, total_cost_usd, modelUsage, duration_ms }: Loose): Usage {
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = objectOf(usage)
  const read = countOf(cache_read_input_tokens) ?? 0
  const written = countOf(cache_creation_input_tokens) ?? 0
  const fresh = countOf(input_tokens)
  const isGuess = Object.values(objectOf(modelUsage)).some((model) => objectOf(model).costBasis === 'unknown')
  return {
    promptTokens: fresh === null ? null : fresh + read + written,
    outputTokens: countOf(output_tokens),
    durationMs: countOf(duration_ms) ?? 0,
    cacheReadTokens: read,
    cacheWriteTokens: written,
    ...(typeof total_cost_usd === 'number' && total_cost_usd >= 0 && !isGuess ? { cost: total_cost_usd } : {}),
  }
}
