import { z } from 'zod'
import { ChatId } from './chat.ts'
import { AgentName, Timestamp } from './ids.ts'
import { ChatMode } from './sessions.ts'

export const ChatTitle = z.string().trim().min(1).max(200)

/** A chat as it is listed. */
export const ChatView = z.strictObject({
  chat_id: ChatId,
  /** What people call it; null until somebody does. */
  title: z.string().nullable(),
  agent: AgentName,
  created_at: Timestamp,
  /** When something was last said in it. */
  updated_at: Timestamp,
  /** The newest `seq`; 0 when nothing was said yet. */
  last_seq: z.int().min(0),
  /** Whether a turn is running now. */
  running: z.boolean(),
  /** What its calls are held to beside the mode of its session, which this can only narrow; null: to nothing more. */
  mode: ChatMode.nullable(),
})
export type ChatView = z.infer<typeof ChatView>

/** What the models of a chat used in all its turns, by what they told. */
export const ChatUsage = z.strictObject({
  chat_id: ChatId,
  /** Turns in which a model was asked. */
  turns: z.int().min(0),
  prompt_tokens: z.int().min(0),
  /** The part of `prompt_tokens` that providers still had from before. */
  cached_tokens: z.int().min(0),
  output_tokens: z.int().min(0),
  /** US dollars. */
  cost: z.number().min(0),
  /** Turns whose tokens the provider did not tell, and those that nobody gave a price for: the sums are without them. */
  uncounted: z.int().min(0),
  unpriced: z.int().min(0),
})
export type ChatUsage = z.infer<typeof ChatUsage>

/** Something that was said, as a reader of the conversation sees it: without statuses, approvals and notes. */
export const ChatMessage = z.strictObject({
  seq: z.int().min(1),
  at: Timestamp,
  role: z.enum(['person', 'agent', 'tool']),
  /** The words; of a tool its summary. */
  text: z.string(),
  /** Of a tool: its name, and whether it went well. */
  tool: z.string().optional(),
  ok: z.boolean().optional(),
})
export type ChatMessage = z.infer<typeof ChatMessage>

/** One place where the words that were looked for stand. */
export const ChatHit = z.strictObject({
  chat_id: ChatId,
  title: z.string().nullable(),
  agent: AgentName,
  seq: z.int().min(1),
  at: Timestamp,
  role: z.enum(['person', 'agent', 'tool']),
  /** About a line of it, with the words that were found between « and ». */
  excerpt: z.string(),
})
export type ChatHit = z.infer<typeof ChatHit>
