import type { EngineEvent, ToolDescriptor } from '@castellan/contracts'
import { z } from 'zod'
import type { ModelDone } from '../../worker/protocol.ts'
import { brokenOff, garbled } from './http.ts'
import { SayReader } from './say.ts'

/** One chunk of `/v1/chat/completions`, as far as we look at it (llama.cpp's tools/server/README.md). */
const Chunk = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish(), reasoning_content: z.string().nullish() }).default({}),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }).nullish(),
  timings: z.object({ cache_n: z.int().optional() }).nullish(),
  error: z.object({ message: z.string() }).nullish(),
})

const Calls = z.array(z.object({ tool: z.string(), args: z.record(z.string(), z.unknown()) }))

/**
 * Reads an answer as it comes. Calls are given out once the answer is whole, and only of tools that were offered; throws
 * `engine_garbled` for what a grammar would not have let through, `engine_crashed` where the stream breaks off.
 */
export async function* readAnswer(
  data: AsyncIterable<string>,
  tools: readonly ToolDescriptor[],
  address: string,
): AsyncGenerator<EngineEvent | ModelDone> {
  const started = performance.now()
  const say = new SayReader()
  const usage = { promptTokens: 0, outputTokens: 0, cacheReadTokens: 0 }
  let finished: string | undefined
  for await (const text of data) {
    if (text === '[DONE]') break
    const chunk = chunkOf(text, address)
    if (chunk.error != null)
      throw garbled(address, `an error instead of an answer: ${chunk.error.message.slice(0, 300)}`)
    for (const { delta, finish_reason } of chunk.choices) {
      if (delta.reasoning_content) yield { type: 'reasoning', text: delta.reasoning_content }
      const words = tools.length === 0 ? (delta.content ?? '') : say.add(delta.content ?? '')
      if (words !== '') yield { type: 'text', text: words }
      finished = finish_reason ?? finished
    }
    if (chunk.usage != null) {
      usage.promptTokens = chunk.usage.prompt_tokens
      usage.outputTokens = chunk.usage.completion_tokens
    }
    usage.cacheReadTokens = chunk.timings?.cache_n ?? usage.cacheReadTokens
  }
  if (finished === undefined) throw brokenOff(address)
  const calls = tools.length === 0 || finished === 'length' ? [] : callsOf(say, tools, address)
  for (const { tool, args } of calls) yield { type: 'tool_call', name: tool, args, confidence: 1 }
  const reason = calls.length > 0 ? 'tool_calls' : finished === 'length' ? 'length' : 'stop'
  yield { type: 'done', reason, usage: { ...usage, durationMs: performance.now() - started } }
}

function callsOf(say: SayReader, tools: readonly ToolDescriptor[], address: string): z.output<typeof Calls> {
  const calls = Calls.safeParse(say.whole()?.calls)
  if (!calls.success) throw garbled(address, 'an answer that is not of the form it was asked for')
  const known = new Set<string>(tools.map(({ name }) => name))
  const stranger = calls.data.find(({ tool }) => !known.has(tool))
  if (stranger !== undefined) throw garbled(address, 'a call of a tool that was not offered')
  return calls.data
}

function chunkOf(text: string, address: string): z.output<typeof Chunk> {
  try {
    return Chunk.parse(JSON.parse(text))
  } catch {
    throw garbled(address, 'what is no chunk of an answer')
  }
}
