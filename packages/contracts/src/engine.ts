import { z } from 'zod'
import { ErrorEnvelope } from './errors.ts'
import { CallId } from './ids.ts'
import { ToolDescriptor } from './tools.ts'

/** `GET /v1/health` on engine.sock. */
export const EngineHealth = z.strictObject({
  state: z.enum(['loading', 'ready', 'failed']),
  model: z
    .strictObject({
      name: z.string(),
      /** `interpreter`: the built-in model, one request to one call. `chat`: any chat GGUF. */
      kind: z.enum(['interpreter', 'chat']),
      /** SHA-256 of the GGUF file, hex. */
      digest: z.string(),
      contextTokens: z.int(),
      parameters: z.int(),
    })
    .nullable(),
  /** Slots busy and slots in all. */
  busy: z.int(),
  slots: z.int(),
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
  }),
])
export type EngineMessage = z.infer<typeof EngineMessage>

/** `POST /v1/complete` on engine.sock, answered as NDJSON of {@link EngineEvent}. Closing the request cancels it. */
export const EngineRequest = z.strictObject({
  messages: z.array(EngineMessage).min(1),
  tools: z.array(ToolDescriptor),
  maxTokens: z.int().positive().max(32_768).default(1024),
  temperature: z.number().min(0).max(2).default(0.3),
  seed: z.int().min(0).max(0xffffffff).default(0),
})
export type EngineRequest = z.input<typeof EngineRequest>

export const EngineEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
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
    usage: z.strictObject({ promptTokens: z.int(), outputTokens: z.int(), durationMs: z.number() }),
  }),
  z.strictObject({ type: z.literal('error'), error: ErrorEnvelope }),
])
export type EngineEvent = z.infer<typeof EngineEvent>
