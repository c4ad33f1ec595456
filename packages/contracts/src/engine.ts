import { z } from 'zod'
import { ErrorEnvelope } from './errors.ts'
import { CallId } from './ids.ts'
import { ToolDescriptor } from './tools.ts'

/** The model the engine answers with. */
export const EngineModelFacts = z.strictObject({
  name: z.string(),
  /** `interpreter`: the built-in model, one request to one call. `chat`: any chat GGUF. */
  kind: z.enum(['interpreter', 'chat']),
  /** SHA-256 of the GGUF file, hex; where another server holds it, of what that server says of its model. */
  digest: z.string(),
  contextTokens: z.int(),
  parameters: z.int(),
})
export type EngineModelFacts = z.infer<typeof EngineModelFacts>

/** `GET /v1/health` on engine.sock. */
export const EngineHealth = z.strictObject({
  state: z.enum(['loading', 'ready', 'failed']),
  model: EngineModelFacts.nullable(),
  /** False while the model is out of memory because nobody needed it; the next request brings it back. */
  loaded: z.boolean().optional(),
  /** Slots busy and slots in all. */
  busy: z.int(),
  slots: z.int(),
  /** Requests that wait for a slot. */
  waiting: z.int().optional(),
  network: z.enum(['none', 'host']),
  error: ErrorEnvelope.optional(),
})
export type EngineHealth = z.infer<typeof EngineHealth>

/** One message of the conversation as the engine sees it. */
export const EngineMessage = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), text: z.string() }),
  z.strictObject({ role: z.literal('user'), text: z.string() }),
  z.strictObject({
    role: z.literal('assistant'),
    text: z.string(),
    calls: z
      .array(z.strictObject({ call_id: CallId, name: z.string(), args: z.record(z.string(), z.unknown()) }))
      .default([]),
    /** What the model's provider wants back unchanged with this message, such as its signed thoughts. Nobody else gets it. */
    kept: z.strictObject({ model: z.string(), blocks: z.array(z.unknown()) }).optional(),
  }),
  z.strictObject({
    role: z.literal('tool'),
    call_id: CallId,
    name: z.string(),
    ok: z.boolean(),
    /** The tool's summary or the error's message. */
    summary: z.string(),
    result: z.unknown(),
    /** Ledger number of the outcome, where there is one. */
    ledger_index: z.int().nullable(),
    /** It must not leave the machine: only the model on it is told of it. */
    secret: z.literal(true).optional(),
    /** Others may have written it: a model that chats is shown it within a fence, with what screening found. */
    untrusted: z
      .strictObject({
        verdict: z.enum(['clean', 'suspect', 'injection']),
        reasons: z.array(z.string().max(32)).max(16),
      })
      .optional(),
  }),
])
export type EngineMessage = z.infer<typeof EngineMessage>

/** `POST /v1/complete` on engine.sock, answered as NDJSON of {@link EngineEvent}. Closing the request cancels it. */
export const EngineRequest = z.strictObject({
  messages: z.array(EngineMessage).min(1),
  tools: z.array(ToolDescriptor),
  maxTokens: z.int().positive().max(32_768).default(1024),
  temperature: z.number().min(0).max(2).default(0.3),
  /** Of the sampling; the engine draws one where it is not given, and tells it with the answer. */
  seed: z.int().min(0).max(0xffffffff).optional(),
  /** Somebody waits for an `interactive` answer: it goes before a `background` one, which still gets its share. */
  priority: z.enum(['interactive', 'background']).default('interactive'),
  /** Whose request it is, such as a chat's id: those who wait take turns by it. Requests without one count as one session. */
  session: z.string().min(1).max(128).optional(),
})
export type EngineRequest = z.input<typeof EngineRequest>

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 digest in hex')

/**
 * What an answer came from: the same model, prompt, grammar, seed and engine give the same answer again. Digests are
 * SHA-256. The prompt's is over the tokens the model saw, 4 bytes each, little endian; the built-in model's over its request.
 */
export const EngineDecision = z.strictObject({
  modelDigest: Sha256,
  promptDigest: Sha256,
  /** Of the canonical JSON of what the grammar was made from; null where nothing was forced. */
  grammarDigest: Sha256.nullable(),
  seed: z.int().min(0).max(0xffffffff),
  engine: z.strictObject({ name: z.string(), version: z.string() }),
})
export type EngineDecision = z.infer<typeof EngineDecision>

export const EngineEvent = z.discriminatedUnion('type', [
  /** Every slot is taken: the request waits at this place in the line, 1 being next. Sent again when the place changes. */
  z.strictObject({ type: z.literal('queued'), place: z.int().min(1), waiting: z.int().min(1) }),
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  /** What a reasoning model thinks before it speaks: no part of its answer. */
  z.strictObject({ type: z.literal('reasoning'), text: z.string() }),
  /** A call the model is sure of. Several may come, in order. */
  z.strictObject({
    type: z.literal('tool_call'),
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
    confidence: z.number(),
  }),
  /** The model is not sure: the likeliest readings, best first; nothing is called. */
  z.strictObject({
    type: z.literal('choices'),
    choices: z.array(
      z.strictObject({
        name: z.string(),
        args: z.record(z.string(), z.unknown()),
        confidence: z.number(),
        label: z.string(),
      }),
    ),
  }),
  z.strictObject({
    type: z.literal('done'),
    reason: z.enum(['stop', 'length', 'tool_calls']),
    usage: z.strictObject({
      promptTokens: z.int(),
      outputTokens: z.int(),
      durationMs: z.number(),
      /** The part of the prompt whose evaluation was there already. */
      cacheReadTokens: z.int().optional(),
    }),
    /** Our engine always tells. */
    decision: EngineDecision.optional(),
  }),
  z.strictObject({ type: z.literal('error'), error: ErrorEnvelope }),
])
export type EngineEvent = z.infer<typeof EngineEvent>
