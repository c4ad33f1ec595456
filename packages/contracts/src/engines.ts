import { z } from 'zod'
import { ErrorEnvelope } from './errors.ts'
import { CredentialId } from './ids.ts'

/** What answers in a chat. `llama` is the model on this machine; each of the others is a way to somebody else's. */
export const EngineKind = z.enum(['llama', 'openai', 'anthropic', 'claude-code', 'openclaw'])
export type EngineKind = z.infer<typeof EngineKind>

/** How an engine may prove who pays. `none`: it asks for nothing, as a model of one's own may. */
export const EngineAuth = z.enum(['none', 'api_key', 'oauth_token'])
export type EngineAuth = z.infer<typeof EngineAuth>

/** What a million tokens cost, in US dollars, by the price list the owner goes by. */
export const ModelPrices = z.strictObject({
  input: z.number().min(0).max(100_000),
  output: z.number().min(0).max(100_000),
  /** Of input that the provider had kept from before, and of keeping it; both as `input` where they are absent. */
  cache_read: z.number().min(0).max(100_000).optional(),
  cache_write: z.number().min(0).max(100_000).optional(),
})
export type ModelPrices = z.infer<typeof ModelPrices>

/** A model as its provider names it. */
const ModelName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/, 'must be a model’s name as its provider writes it')

/** Where an API lies, e.g. `https://openrouter.ai/api/v1`: no user, password, query or fragment. The airlock decides whether it may be reached. */
export const BaseUrl = z
  .string()
  .max(1024)
  .refine(isBaseUrl, 'must be an http or https address without user, password, query or fragment')
export type BaseUrl = z.infer<typeof BaseUrl>

const answer = {
  /** Most tokens of one answer. */
  max_output_tokens: z.int().min(1).max(128_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
}

/** At most one of the two: one credential and no other, or whichever of a provider's is healthy. */
const credential = {
  credential: CredentialId.optional(),
  provider: z
    .string()
    .max(64)
    .regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes')
    .optional(),
}

const model = {
  model: ModelName,
  /** The model's context window, in tokens. */
  context_tokens: z.int().min(1024).max(10_000_000).optional(),
  /** Without it the cost of a turn is unknown, and said to be. */
  prices: ModelPrices.optional(),
}

/** What an agent thinks with: its engine, the model, who pays, and what it costs. */
export const EngineChoice = z
  .discriminatedUnion('engine', [
    z.strictObject({ engine: z.literal('llama'), ...answer }),
    z.strictObject({
      engine: z.literal('openai'),
      /** `https://api.openai.com/v1` without it; a credential's own address comes first. */
      base_url: BaseUrl.optional(),
      ...model,
      ...credential,
      ...answer,
    }),
    z.strictObject({
      engine: z.literal('anthropic'),
      /** `https://api.anthropic.com` without it; a credential's own address comes first. */
      base_url: BaseUrl.optional(),
      /** Lets the model think before it answers, with at most so many tokens. */
      thinking_tokens: z.int().min(1024).max(64_000).optional(),
      ...model,
      ...credential,
      ...answer,
    }),
    z.strictObject({
      engine: z.literal('claude-code'),
      /** Of the Messages API; `https://api.anthropic.com` without it. A credential's own address comes first. */
      base_url: BaseUrl.optional(),
      ...model,
      ...credential,
    }),
    z.strictObject({
      engine: z.literal('openclaw'),
      /** `model` then is one of the Messages API, or of the Chat Completions API. */
      dialect: z.enum(['anthropic', 'openai']).default('anthropic'),
      base_url: BaseUrl.optional(),
      ...model,
      ...credential,
    }),
  ])
  .check((context) => {
    const choice = context.value
    if ('credential' in choice && choice.credential !== undefined && choice.provider !== undefined) {
      context.issues.push({
        code: 'custom',
        path: ['provider'],
        input: choice.provider,
        message: 'cannot stand beside credential: name one credential, or a provider whose credentials take turns',
      })
    }
  })
export type EngineChoice = z.infer<typeof EngineChoice>

/** How an engine is. Of one that is not `ready`, `problem` says what to do. */
export const EngineCondition = z.strictObject({
  state: z.enum(['ready', 'loading', 'failed', 'unavailable']),
  problem: ErrorEnvelope.optional(),
})
export type EngineCondition = z.infer<typeof EngineCondition>

/** A model that an engine offers. What its provider does not tell is null. */
export const EngineModel = z.strictObject({
  name: z.string(),
  context_tokens: z.int().nullable(),
})
export type EngineModel = z.infer<typeof EngineModel>

/** An engine as the API shows it. */
export const EngineView = z.strictObject({
  engine: EngineKind,
  title: z.string(),
  /** Whether what it is asked leaves this machine. */
  outside: z.boolean(),
  supported_auth: z.array(EngineAuth),
  ...EngineCondition.shape,
  models: z.array(EngineModel),
})
export type EngineView = z.infer<typeof EngineView>

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return ['http:', 'https:'].includes(protocol) && `${username}${password}${search}${hash}` === ''
}
