import { setTimeout as sleep } from 'node:timers/promises'
import { type Attachment, CastellanError, type Suggestion, type ToolDescriptor } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import type { Agent } from '../agents/agent.ts'
import type { Conversations } from '../conversations/conversations.ts'
import type { FreezeWatch } from '../emergency/freeze-watch.ts'
import type { Engine, Failover } from '../engines/engine.ts'
import type { Exchange } from '../engines/exchange.ts'
import { recallFor } from '../memory/recall.ts'
import { toCastellanError } from '../plugins/errors.ts'
import type { Decided, DecidedCall } from '../replay/decided.ts'
import { askModel, type Choice, type Patience } from './ask.ts'
import { refuseFiles, takeAttachments } from './attachments.ts'
import type { Chat } from './chat.ts'
import { isCommand, runCommand } from './commands.ts'
import { fitTools } from './fit-tools.ts'
import { Tally } from './tally.ts'
import { makeModelCall } from './tool-call.ts'
import type { Waiting } from './waiting.ts'

/** How many of the last messages say which tools matter. */
const SAID_MESSAGES = 3

export interface TurnParts {
  readonly agentd: Agentd
  readonly engine: Engine
  readonly agent: Agent
  readonly patience: Patience
  readonly waiting: Waiting
  readonly conversations: Pick<Conversations, 'usage'>
  readonly freezeWatch: Pick<FreezeWatch, 'freeze' | 'refuseIfFrozen'>
  readonly log: Log
  /** Hears what was sent to an engine outside for a chat, and what came back. */
  readonly onExchange?: (exchange: Exchange, chat: Chat) => void
  /** Hears what the model on this machine decided calls by. */
  readonly onDecision?: (decided: Decided, calls: readonly DecidedCall[], chat: Chat) => void
  /** Hears that another credential took the place of one that did not work. */
  readonly onFailover?: (failover: Failover, chat: Chat) => void
}

/** One turn of one chat, and all it needs. `signal` is aborted when the owner stops it. */
export interface Turn extends TurnParts {
  readonly chat: Chat
  readonly signal: AbortSignal
}

/** What the owner said, and what came along with it. */
export interface Said {
  readonly text: string
  readonly attachments?: readonly Attachment[] | undefined
}

/** Answers what the owner said, by command or through the model. Never rejects; the chat hears exactly one `done`. */
export async function runTurn({ text, attachments = [] }: Said, turn: Turn): Promise<void> {
  const { chat } = turn
  try {
    const picked = takeOffer(text, chat)
    if (!isCommand(picked ?? text)) return await converse(text, attachments, turn)
    refuseFiles(attachments)
    await runCommand(picked ?? text, turn)
  } catch (error) {
    tellFailure(error, turn)
  } finally {
    await chat.end()
  }
}

/** The agent loop: ask the model; make the calls it asks for, whose results it sees; until it only speaks. */
async function converse(text: string, attachments: readonly Attachment[], turn: Turn): Promise<void> {
  const { chat } = turn
  turn.freezeWatch.refuseIfFrozen()
  const told = await takeAttachments(text, attachments, turn)
  chat.history.add({ role: 'user', text: told })
  chat.status('thinking', 'Thinking.')
  const tools = await toolsThatFit(await toolsOnceBack(turn), turn)
  await recallFor(text, turn)
  const tally = new Tally(turn.engine, await tellWhoAnswers(turn))
  try {
    for (;;) {
      const { text, calls, choices, kept } = await askModel(tools, turn, tally)
      if (choices.length > 0) return offer(text, choices, chat)
      const plain = calls.map(({ problem: _, decision: __, ...call }) => call)
      chat.history.add({ role: 'assistant', text, calls: plain, ...(kept === undefined ? {} : { kept }) })
      if (calls.length === 0) return
      for (const call of calls) chat.history.add(await makeModelCall(call, turn, tally))
      chat.status('thinking', 'Thinking about the result.')
    }
  } finally {
    await tellUsage(turn, tally)
  }
}

/** Before anything of a conversation leaves this machine, the chat says to whom. */
async function tellWhoAnswers({ chat, engine }: Turn): Promise<string | null> {
  const { kind, model } = engine
  const host = await engine.asks()
  if (host !== null) chat.emit({ type: 'model', engine: kind, model, host })
  return host
}

/** The built-in model has nothing to count. */
async function tellUsage({ chat, engine }: Turn, tally: Tally): Promise<void> {
  const frame = tally.frame()
  if (frame === null || (await engine.size())?.kind === 'interpreter') return
  chat.emit(frame)
}

/** The built-in model knows the tools by itself; any other is told of as many as its context has room for. */
async function toolsThatFit(tools: ToolDescriptor[], { chat, engine, signal }: Turn): Promise<ToolDescriptor[]> {
  const size = await engine.size(signal)
  if (size === null || size.kind === 'interpreter') return tools
  const { messages } = chat.history
  const said = messages.flatMap((message) => (message.role === 'user' ? [message.text] : [])).slice(-SAID_MESSAGES)
  const called = messages.flatMap((message) => (message.role === 'tool' ? [message.name] : []))
  const { contextTokens } = size
  const fitting = fitTools(tools, { said: said.join(' '), called: new Set(called), contextTokens })
  if (fitting.left > 0) {
    const text = `${fitting.tools.length} of ${tools.length} tools fit into the model’s context of ${contextTokens} tokens; it was told of those that seem to matter here.`
    chat.emit({ type: 'notice', text })
  }
  return fitting.tools
}

/** agentd restarts within a second or two; a question that is asked meanwhile waits for it. */
async function toolsOnceBack({ agentd, chat, patience, signal }: Turn): Promise<ToolDescriptor[]> {
  const waitUntil = Date.now() + patience.absentMs
  for (;;) {
    try {
      return (await agentd.tools(signal)).tools
    } catch (error) {
      const isAway = error instanceof CastellanError && error.code === 'agentd_unavailable'
      if (!isAway || Date.now() >= waitUntil) throw error
      chat.status('loading', 'Waiting for agentd to start.')
      await sleep(patience.pollMs, undefined, { signal })
    }
  }
}

/** Where the model is not sure, nothing is called: the owner picks a reading by its number. */
function offer(said: string, choices: readonly Choice[], chat: Chat): void {
  const suggestions = choices.map(({ name, args, label, confidence }): Suggestion => {
    return { command: `/call ${name} ${JSON.stringify(args)}`, label, confidence }
  })
  chat.offered = suggestions
  chat.emit({ type: 'suggestions', suggestions })
  const question = said === '' ? 'I am not sure what you mean. Did you mean one of these?' : ''
  const lines = suggestions.map(({ label }, position) => `${position + 1}. ${label}`)
  const rest = [question, ...lines, 'Answer with a number, or say it in other words.'].join('\n')
  chat.history.add({ role: 'assistant', text: said + rest, calls: [] })
  chat.emit({ type: 'text', text: rest })
}

/** The command behind the number that was said; any message, this one included, ends the offer. */
function takeOffer(text: string, chat: Chat): string | undefined {
  const { offered } = chat
  chat.offered = []
  return /^[1-9]\.?$/.test(text) ? offered[Number.parseInt(text, 10) - 1]?.command : undefined
}

function tellFailure(failure: unknown, { chat, signal, log }: Turn): void {
  const error = toCastellanError(signal.aborted ? signal.reason : failure)
  if (error.code === 'cancelled') {
    chat.status('idle', error.message)
    return
  }
  if (error.code === 'internal') log.error({ err: failure, chat_id: chat.id }, 'a turn failed')
  chat.emit({ type: 'error', code: error.code, message: error.message })
}
