import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'

/** What a token may do, weakest first; each includes those before it. */
export const SCOPES = ['read', 'chat', 'operate', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/**
 * One operation of the v1 API: the single description that the gateway serves it by, and that the OpenAPI document and
 * the SDK's types are generated from.
 */
export interface Operation {
  /** In camel case, unique: the SDK's method is named after it. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters in braces: `/api/v1/chats/{chat_id}`. */
  readonly path: `/${string}`
  /** The resource it belongs to, e.g. `chats`. */
  readonly tag: string
  /** One line for a table of contents. */
  readonly summary: string
  /** What a caller has to know beyond that: units, limits, what is kept. Markdown. */
  readonly description?: string
  /** `public` answers without a credential. */
  readonly scope: Scope | 'public'
  /**
   * On an `admin` operation: a token that is bound to one agent has it too, and the operation itself holds it to that agent. Every
   * other one is about the whole server, and such a token is refused it.
   */
  readonly ofOneAgent?: true
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Largest body in bytes, where it is not that of the other routes (64 KiB). */
  readonly maxBodyBytes?: number
  readonly status: 200 | 201 | 202 | 204
  /** Absent with 204, and where the answer is no JSON. */
  readonly answer?: z.ZodType
  /** What the answer is where it is no JSON. */
  readonly content?:
    | 'text/event-stream'
    | 'text/plain'
    | 'text/markdown'
    | 'application/yaml'
    | 'application/octet-stream'
    | 'application/x-ndjson'
  /** What each event's data is, where the answer is a stream of server-sent events or can be asked for as one. */
  readonly event?: z.ZodType
  /** Refusals come in OpenAI's shape, which its clients read, and not in the envelope. */
  readonly refuses?: 'openai'
  /** Creates something: `Idempotency-Key` makes a repetition harmless. */
  readonly creates?: true
  /** The codes of its own; what any operation can answer (`unauthorized`, `rate_limited`, …) goes without saying. */
  readonly errors: readonly ErrorCode[]
  readonly example: {
    readonly params?: unknown
    readonly query?: unknown
    readonly body?: unknown
    readonly answer?: unknown
  }
}

/** Keeps the exact types of an operation's schemas. */
export function defineOperation<const Described extends Operation>(operation: Described): Described {
  return operation
}

export type ParamsOf<O extends Operation> = O['params'] extends z.ZodType ? z.output<O['params']> : undefined
export type QueryOf<O extends Operation> = O['query'] extends z.ZodType ? z.output<O['query']> : undefined
export type BodyOf<O extends Operation> = O['body'] extends z.ZodType ? z.output<O['body']> : undefined
export type AnswerOf<O extends Operation> = O['answer'] extends z.ZodType ? z.input<O['answer']> : undefined
