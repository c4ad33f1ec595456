import { z } from 'zod'
import { EngineModelFacts } from './engine.ts'
import { ErrorEnvelope } from './errors.ts'

const Bytes = z.int().min(0)

/** What a model takes, in bytes, as computed from its header for the slots and the context it gets. */
export const EngineMemoryNeed = z.strictObject({
  weights: Bytes,
  /** Keys and values of every token of every slot's context. */
  kvCache: Bytes,
  /** What one evaluation works in. */
  compute: Bytes,
  /** The process itself, the tokenizer, and what allocators round up. */
  overhead: Bytes,
  total: Bytes,
})
export type EngineMemoryNeed = z.infer<typeof EngineMemoryNeed>

/** `GET /v1/doctor` on engine.sock: what the engine uses, why, and what would be better. */
export const EngineDoctor = z.strictObject({
  engine: z.strictObject({
    name: z.string(),
    version: z.string(),
    /** What computes: the library in the engine's own worker, or a server that the owner runs. */
    backend: z.enum(['llama.cpp', 'llama-server']),
    /** As the backend calls its release; null while that is not known. */
    backendVersion: z.string().nullable(),
  }),
  state: z.enum(['loading', 'ready', 'failed']),
  loaded: z.boolean(),
  error: ErrorEnvelope.optional(),
  model: EngineModelFacts.extend({
    /** Where the file lies, or the server's address. */
    source: z.string(),
    architecture: z.string(),
    trainedContextTokens: z.int(),
    fileBytes: Bytes,
  }).nullable(),
  compute: z.strictObject({
    /** Null while nothing is loaded, or where an external server does not tell. */
    device: z.enum(['cpu', 'cuda', 'vulkan', 'metal']).nullable(),
    /** Why that one, in a sentence. */
    why: z.string(),
    /** Graphics processors that the driver names. */
    devices: z.array(z.string()),
    layersOnGpu: z.int().min(0),
    layers: z.int().min(0),
    threads: z.int().min(0),
    cores: z.int().min(1),
    /** Instruction sets and the like, as llama.cpp tells them. */
    features: z.string(),
  }),
  memory: z.strictObject({
    need: EngineMemoryNeed.nullable(),
    /** What a model may take: the tighter of free memory and the control group's limit, less the reserve. */
    available: Bytes,
    /** Which of the two is tighter, and its size before the reserve is taken off. */
    limit: z.strictObject({ by: z.enum(['machine', 'cgroup']), bytes: Bytes }),
    reserve: Bytes,
    /** Resident memory of the worker now; null where none runs. */
    resident: Bytes.nullable(),
    /** Of graphics memory; null without a graphics processor. */
    gpu: z.strictObject({ total: Bytes, free: Bytes }).nullable(),
  }),
  slots: z.strictObject({
    total: z.int(),
    busy: z.int(),
    waiting: z.int(),
    queueLimit: z.int(),
    contextTokens: z.int(),
    /** Seconds without a request after which the model leaves the memory; 0 for never. */
    idleUnloadSeconds: z.int(),
  }),
  /** Since the model was loaded: prompt tokens in all, and those whose evaluation was there already. */
  prefix: z.strictObject({ promptTokens: z.int(), reusedTokens: z.int(), copies: z.int() }),
  network: z.enum(['none', 'host']),
  /** What a person should know, most important first. */
  advice: z.array(
    z.strictObject({
      level: z.enum(['ok', 'note', 'warning', 'problem']),
      code: z.string(),
      message: z.string(),
    }),
  ),
})
export type EngineDoctor = z.infer<typeof EngineDoctor>

/**
 * `POST /v1/model`: another model, without a restart. `id` is the name of a file in the models folder, without `.gguf`;
 * `configured` goes back to the one of the engine's configuration.
 */
export const EngineModelRequest = z.union([
  z.strictObject({ path: z.string().min(1).max(4096) }),
  z.strictObject({
    id: z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, dots, dashes and underscores'),
  }),
  z.strictObject({ configured: z.literal(true) }),
])
export type EngineModelRequest = z.infer<typeof EngineModelRequest>

/** The answer once the new model is in use. When it cannot be, the refusal says why and the old one stays. */
export const EngineModelSwitch = z.strictObject({
  model: EngineModelFacts,
  previous: EngineModelFacts.nullable(),
  /** `beside`: the old one answered until the new one could. `after`: there was memory for one at a time. */
  how: z.enum(['beside', 'after']),
  durationMs: z.number(),
})
export type EngineModelSwitch = z.infer<typeof EngineModelSwitch>
