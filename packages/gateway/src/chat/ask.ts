import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CallDecision,
  type CallId,
  CastellanError,
  callDecision,
  type EngineEvent,
  type EngineMessage,
  errorFromEnvelope,
  newId,
  type ToolDescriptor,
} from '@castellan/contracts'
import { priced } from '../engines/cost.ts'
import type { EngineHooks, Kept } from '../engines/engine.ts'
import type { Decided } from '../replay/decided.ts'
import { makeMoreRoom, makeRoom } from './compact.ts'
import { tokensOfTools } from './fit-tools.ts'
import { Saying } from './saying.ts'
import type { Tally } from './tally.ts'
import { tokensOf } from './tokens.ts'
import { makeModelCall } from './tool-call.ts'
import type { Turn } from './turn.ts'
import { type Estimate, reportUsage } from './usage.ts'
import { forEngine } from './withhold.ts'

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

/** `problem`: why the call cannot be made as the model wrote it. */
export interface ModelCall extends ToolCall {
  readonly problem?: string
  /** What it came from, where the model on this machine asked for it. */
  readonly decision?: CallDecision
}

export type Choice = Extract<EngineEvent, { type: 'choices' }>['choices'][number]

export interface ModelAnswer {
  readonly text: string
  readonly calls: ModelCall[]
  readonly choices: readonly Choice[]
  readonly kept: Kept | undefined
}

/**
 * Asks the model for its next message; its words go out as they come. Waits for an engine that is still loading, and
 * shortens a conversation that has outgrown the model. Throws what the engine fails with.
 */
export async function askModel(tools: ToolDescriptor[], turn: Turn, tally: Tally): Promise<ModelAnswer> {
  const waitUntil = Date.now() + turn.patience.loadingMs
  for (;;) {
    try {
      await makeRoom(tools, turn, tally)
      return await readAnswer(tools, turn, tally)
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error
      if (error.code === 'engine_loading' || error.code === 'engine_unavailable') {
        await engineReady(error, waitUntil, turn)
      } else if (error.code !== 'context_full' || !(await makeMoreRoom(turn, tally))) {
        throw error
      }
    }
  }
}

async function readAnswer(tools: ToolDescriptor[], turn: Turn, tally: Tally): Promise<ModelAnswer> {
  const { chat, agent, engine, signal } = turn
  const said = new Saying(chat)
  const calls: ModelCall[] = []
  let choices: readonly Choice[] = []
  let kept: Kept | undefined
  let decided: Decided | undefined
  const messages = [{ role: 'system' as const, text: agent.systemPrompt }, ...chat.history.messages].map((message) =>
    forEngine(message, engine),
  )
  const hooks: EngineHooks = {
    onExchange: (exchange) => turn.onExchange?.(priced(exchange, engine), chat),
    onDecision: (told) => {
      decided = told
    },
    // An engine that runs the loop by itself: what it called, and what it said before, goes into the history as it happens.
    callTool: async (name, args) => {
      const call = { call_id: newId('call'), name, args }
      chat.history.add({ role: 'assistant', text: said.take(), calls: [call] })
      const result = await makeModelCall(call, turn, tally)
      chat.history.add(result)
      return forEngine(result, engine)
    },
  }
  try {
    for await (const event of engine.complete({ messages, tools, session: chat.id }, signal, hooks)) {
      switch (event.type) {
        case 'queued':
          chat.status('thinking', `The model is busy with others: number ${event.place} of ${event.waiting} in line.`)
          break
        case 'text':
          said.text(event.text)
          if (chat.crowded) await chat.settled()
          break
        case 'reasoning':
          said.thought(event.text)
          break
        case 'notice':
          chat.emit({ type: 'notice', text: event.text })
          if (event.failover !== undefined) turn.onFailover?.(event.failover, chat)
          break
        case 'tool_call': {
          const { name, args, problem } = event
          calls.push({ call_id: newId('call'), name, args, ...(problem === undefined ? {} : { problem }) })
          break
        }
        case 'choices':
          choices = event.choices
          break
        case 'error':
          throw errorFromEnvelope(event.error)
        case 'done': {
          said.end()
          kept = event.kept
          const ending = ENDINGS[event.reason]
          if (ending !== undefined) chat.emit({ type: 'text', text: `\n(${ending})` })
          tally.add(event.usage)
          await reportUsage(event.usage, estimate(messages, tools, said.whole), turn)
          break
        }
      }
    }
  } finally {
    said.end()
  }
  return { text: said.take(), calls: withDecision(calls, decided, turn), choices, kept }
}

/** The calls of one answer, each with what they all came from; that is kept so that it can be replayed. */
function withDecision(calls: readonly ModelCall[], decided: Decided | undefined, turn: Turn): ModelCall[] {
  if (decided === undefined) return [...calls]
  turn.onDecision?.(decided, calls, turn.chat)
  return calls.map((call, position) => ({ ...call, decision: callDecision(decided.decision, position) }))
}

const ENDINGS: Readonly<Record<string, string>> = {
  length: 'The answer was cut here: it had grown too long.',
  refused: 'The model or its provider would not answer this, or not go on.',
}

function estimate(messages: readonly EngineMessage[], tools: readonly ToolDescriptor[], answer: string): Estimate {
  return { promptTokens: tokensOf(JSON.stringify(messages)) + tokensOfTools(tools), outputTokens: tokensOf(answer) }
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
