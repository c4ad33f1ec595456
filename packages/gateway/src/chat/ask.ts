import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CallId,
  CastellanError,
  type EngineEvent,
  errorFromEnvelope,
  newId,
  type ToolDescriptor,
} from '@castellan/contracts'
import type { Turn } from './turn.ts'
import { reportUsage } from './usage.ts'

/** How long a turn waits for a model that is being loaded, and for an engine or agentd that is not there at all. */
export interface Patience {
  readonly loadingMs: number
  readonly absentMs: number
  readonly pollMs: number
}

export const PATIENCE: Patience = { loadingMs: 60_000, absentMs: 5_000, pollMs: 250 }

/** A call the model asks for, or the owner spelled out. */
export interface ToolCall {
  readonly call_id: CallId
  readonly name: string
  readonly args: Record<string, unknown>
}

export type Choice = Extract<EngineEvent, { type: 'choices' }>['choices'][number]

export interface ModelAnswer {
  readonly text: string
  readonly calls: ToolCall[]
  readonly choices: readonly Choice[]
}

/**
 * Asks the model for its next message; its words go out as they come. Waits for an engine that is still loading, and
 * forgets the oldest exchanges of a conversation that has outgrown the model. Throws what the engine fails with.
 */
export async function askModel(tools: ToolDescriptor[], turn: Turn): Promise<ModelAnswer> {
  const waitUntil = Date.now() + turn.patience.loadingMs
  for (;;) {
    try {
      return await readAnswer(tools, turn)
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error
      if (error.code === 'engine_loading' || error.code === 'engine_unavailable') {
        await engineReady(error, waitUntil, turn)
      } else if (error.code !== 'context_full' || !turn.chat.history.forgetOldest()) {
        throw error
      }
    }
  }
}

async function readAnswer(tools: ToolDescriptor[], turn: Turn): Promise<ModelAnswer> {
  const { chat, agent, engine, signal } = turn
  const answer = { text: '', calls: [] as ToolCall[], choices: [] as readonly Choice[] }
  const messages = [{ role: 'system' as const, text: agent.systemPrompt }, ...chat.history.messages]
  for await (const event of engine.complete({ messages, tools }, signal)) {
    switch (event.type) {
      case 'text':
        answer.text += event.text
        chat.emit({ type: 'text', text: event.text })
        break
      case 'tool_call':
        answer.calls.push({ call_id: newId('call'), name: event.name, args: event.args })
        break
      case 'choices':
        answer.choices = event.choices
        break
      case 'error':
        throw errorFromEnvelope(event.error)
      case 'done':
        if (event.reason === 'length')
          chat.emit({ type: 'text', text: '\n(The answer was cut here: it had grown too long.)' })
        await reportUsage(event.usage, turn)
        break
    }
  }
  return answer
}

/** Waits until the engine says it is ready, telling the chat why nothing happens. Throws when it takes too long or cannot be. */
async function engineReady(reason: CastellanError, waitUntil: number, turn: Turn): Promise<void> {
  const absentUntil = Date.now() + turn.patience.absentMs
  for (let problem = reason; ; ) {
    const patience = problem.code === 'engine_unavailable' ? Math.min(absentUntil, waitUntil) : waitUntil
    if (Date.now() >= patience) throw problem
    const news =
      problem.code === 'engine_unavailable' ? 'Waiting for the engine to start.' : 'The model is being loaded.'
    turn.chat.status('loading', news)
    await sleep(turn.patience.pollMs, undefined, { signal: turn.signal })
    const state = await stateOf(turn)
    if (state === null) return
    problem = state
  }
}

/** Null when the engine is ready, else what keeps it. */
async function stateOf({ engine, signal }: Turn): Promise<CastellanError | null> {
  try {
    const health = await engine.health(signal)
    if (health.state === 'ready') return null
    if (health.state === 'failed') {
      throw health.error === undefined
        ? new CastellanError(
            'model_invalid',
            'The model cannot be loaded; the engine’s log says why. Commands like /call work without it.',
          )
        : errorFromEnvelope(health.error)
    }
    return new CastellanError(
      'engine_loading',
      'The model is still being loaded. Try again in a while; commands like /call work without it.',
    )
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'engine_unavailable') return error
    throw error
  }
}
