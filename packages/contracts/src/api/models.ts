import { z } from 'zod'
import { EngineModelFacts } from '../engine.ts'
import { ErrorEnvelope } from '../errors.ts'
import { Timestamp } from '../ids.ts'
import { READ_ERRORS } from './machine.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

/** A model file on the disk, as the tool `model_list` shows it. */
export const ModelFile = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** The engine runs GGUF files. */
  format: z.enum(['gguf', 'safetensors', 'folder']),
  sha256: z.string(),
  sizeBytes: z.int(),
  architecture: z.string(),
  parameters: z.number(),
  contextTokens: z.int(),
  source: z.string(),
  /** Where it is said to come from. */
  declaredSource: z.string().nullable(),
  pinned: z.boolean(),
  /** Who vouched for it by a signature that held. */
  signer: z.string().nullable(),
  /** What the quarantine said of it, by stage. */
  stages: z.array(
    z.strictObject({
      stage: z.string(),
      result: z.enum(['passed', 'noted', 'skipped', 'refused']),
      summary: z.string(),
    }),
  ),
  importedAt: Timestamp,
  importedBy: z.string(),
  removed: z.boolean(),
})

/** Names a model that was imported: the first 16 digits of its SHA-256. */
export const ModelId = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits, as model_list shows them')

/** The model that runs now. */
export const LoadedModel = z.strictObject({
  name: z.string(),
  kind: EngineModelFacts.shape.kind,
  /** Hex; of the file, or of what another server says of its model. */
  sha256: z.string(),
  context_tokens: z.int(),
  parameters: z.int(),
  /** What it takes in memory, in bytes, by the engine's own reckoning; null where that is not known. */
  memory_bytes: z.int().nullable(),
})

/** The model that was chosen over the engine's configured one, and stays so over restarts. */
export const ChosenModel = z.strictObject({
  id: ModelId,
  name: z.string(),
  sha256: z.string(),
  chosen_at: Timestamp,
  /** Why it does not answer although it was chosen. */
  problem: ErrorEnvelope.optional(),
})
export type ChosenModel = z.infer<typeof ChosenModel>

export const ImportedModel = ModelFile.extend({
  /** Whether the engine answers with it now. */
  active: z.boolean(),
})

/** `items` were imported. `loaded`: null while the engine has none. `chosen`: null for the engine's configured model. */
export const ModelPage = pageOf(ImportedModel).extend({
  loaded: LoadedModel.nullable(),
  chosen: ChosenModel.nullable(),
})

const sha256 = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
const chosen = { id: sha256.slice(0, 16), name: 'Qwen3 4B', sha256, chosen_at: '2026-11-21T03:00:00.000Z' }
const loaded = {
  ...{ name: 'Qwen3 4B', kind: 'chat' as const, sha256, context_tokens: 8192, parameters: 4_022_468_096 },
  memory_bytes: 3_890_000_000,
}

export const listModels = defineOperation({
  id: 'listModels',
  method: 'GET',
  path: '/api/v1/models',
  tag: 'models',
  summary: 'The model that runs here, the one that was chosen, and those that were imported',
  scope: 'read',
  query: PageQuery,
  status: 200,
  answer: ModelPage,
  errors: READ_ERRORS,
  example: { answer: { loaded, chosen, items: [], next_cursor: null } },
})

export const UseModel = z.strictObject({ id: z.union([ModelId, z.literal('configured')]) })

export const ModelInUse = z.strictObject({
  loaded: LoadedModel,
  chosen: ChosenModel.nullable(),
  /** `beside`: the old one answered until the new one could. `after`: there was memory for one at a time. */
  how: z.enum(['beside', 'after']),
})
export type ModelInUse = z.infer<typeof ModelInUse>

export const useModel = defineOperation({
  id: 'useModel',
  method: 'POST',
  path: '/api/v1/models/active',
  tag: 'models',
  summary: 'Answers with another model from now on',
  description:
    'Without a restart, and kept over restarts. Only models that were imported can be chosen; `configured` goes back to the one of ' +
    'the engine’s configuration. Where the new model cannot be loaded, the old one stays. The ledger has an entry of it.',
  scope: 'admin',
  body: UseModel,
  status: 200,
  answer: ModelInUse,
  errors: [
    ...READ_ERRORS,
    'not_found',
    'model_invalid',
    'model_too_large',
    'model_switching',
    'model_untrusted',
    'manifest_mismatch',
    'engine_unavailable',
    'engine_loading',
    'conflict',
  ],
  example: { body: { id: chosen.id }, answer: { loaded, chosen, how: 'beside' } },
})
