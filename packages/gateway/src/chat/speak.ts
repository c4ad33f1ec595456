import { type AgentName, type Attachment, CastellanError, type ChatId } from '@castellan/contracts'
import type { Agent } from '../agents/agent.ts'
import type { Engine } from '../engines/engine.ts'
import type { Caller } from '../plugins/auth.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { requireAgent, requireScope } from '../tokens/rights.ts'
import type { Chat } from './chat.ts'
import { isActing } from './commands.ts'
import { openSession } from './opening.ts'
import type { ChatSessions } from './sessions.ts'
import { runTurn, type TurnParts } from './turn.ts'

/** What it takes to let a chat speak; its agent says which engine. */
export interface SpeakParts extends Omit<TurnParts, 'agent' | 'engine'> {
  readonly chats: ChatSessions
  readonly engineOf: (agent: Agent) => Engine
  readonly tracing: Tracing
}

export interface Saying {
  readonly text: string
  readonly chat_id?: ChatId | undefined
  readonly agent?: AgentName | undefined
  readonly attachments?: readonly Attachment[] | undefined
}

/** The chat that something is to be said in. Throws `forbidden` where this caller may not, and as `ChatSessions.open` does. */
export async function chatFor({ text, chat_id, agent }: Saying, caller: Caller, { chats }: SpeakParts): Promise<Chat> {
  if (isActing(text)) requireScope(caller, 'operate')
  if (agent !== undefined) requireAgent(caller, agent)
  // A token that is for one agent begins chats with that one.
  const known = chats.find(chat_id) !== undefined
  const chat = await chats.open(chat_id, agent ?? (known ? undefined : (caller.agent ?? undefined)))
  requireAgent(caller, chat.agent.name)
  return chat
}

/**
 * Says something in a chat and lets its turn run. Answers the number of what was said, and a promise that the turn is over, which
 * never rejects. Throws as `Chat.begin` does.
 */
export function speak(
  { text, attachments }: Pick<Saying, 'text' | 'attachments'>,
  chat: Chat,
  caller: Caller,
  { engineOf, tracing, ...parts }: SpeakParts,
  asker?: object,
): { readonly seq: number; readonly over: Promise<void> } {
  // Since it was looked up it may have been deleted, or have made room for others.
  if (parts.chats.find(chat.id) !== chat)
    throw new CastellanError('busy', `Chat ${chat.id} has just been let go of; say it again.`)
  const { agent } = chat
  const engine = engineOf(agent)
  const { signal, seq } = chat.begin(text, asker, attachments)
  const turn = { ...parts, agent, engine, chat, signal }
  const facts = { 'castellan.agent': agent.name }
  const forget = endsWithToken(chat, caller)
  const over = tracing.span('chat turn', facts, async () => {
    await openSession(chat, caller, turn)
    await runTurn({ text, attachments }, turn)
    forget()
  })
  return { seq, over }
}

/** A token ends what it opened, the turn that runs for it among that. Returns how to let go of the turn. */
function endsWithToken(chat: Chat, { kind, standing }: Caller): () => void {
  if (kind !== 'token') return () => undefined
  return standing.onEnd(() => {
    chat.abort(new CastellanError('cancelled', 'Stopped: the token that asked for this has ended.'))
  })
}
