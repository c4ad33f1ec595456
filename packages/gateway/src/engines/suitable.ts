import { CastellanError, type CredentialId, type EngineKind, type EngineModel } from '@castellan/contracts'
import { didYouMean } from '@castellan/daemon'
import { type CredentialWish, type EngineCredentials, pickSuited } from './credentials.ts'
import type { Engine, EngineState } from './engine.ts'

/** Longest that an engine may take to say how it is, in milliseconds. */
const HEALTH_MS = 40_000

export interface Suitability {
  readonly engine: EngineKind
  readonly model: EngineModel | null
  readonly credential: CredentialId | null
  readonly took_ms: number
}

/**
 * Whether an agent can be given this engine: there is a credential of a kind it takes, it answers, and knows the model. Throws
 * `engine_unsuitable` with what to do, and with the reason's own code as detail; `cancelled` when `signal` was aborted.
 */
export async function testChoice(
  engine: Engine,
  wish: CredentialWish | null,
  credentials: EngineCredentials,
  signal: AbortSignal,
): Promise<Suitability> {
  const started = performance.now()
  const { kind, supportedAuth } = engine
  try {
    const credential = wish === null ? null : await pickSuited({ credentials, engine: kind, supportedAuth }, wish)
    const state = await engine.health(AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MS)]))
    refuseUnhealthy(engine, state)
    refuseUnknownModel(engine, state)
    const { model } = state
    return {
      engine: kind,
      model: model === null ? null : { name: model.name, context_tokens: model.contextTokens },
      credential: (state.credential ?? credential?.id ?? null) as CredentialId | null,
      took_ms: Math.round((performance.now() - started) * 10) / 10,
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof CastellanError)) throw error
    if (error.code === 'engine_unsuitable') throw error
    throw new CastellanError('engine_unsuitable', `The engine ${kind} cannot be used: ${error.message}`, {
      detail: { code: error.code, detail: error.detail },
      cause: error,
    })
  }
}

/** One that is still loading will be there when it is wanted. */
function refuseUnhealthy({ kind }: Engine, { state, error }: EngineState): void {
  if (state !== 'failed') return
  throw new CastellanError(
    'engine_unsuitable',
    `The engine ${kind} has failed: ${error?.message ?? 'its log says why'}`,
    error === undefined ? {} : { detail: { code: error.code } },
  )
}

/** Providers list models under their full names, and take shorter ones and variants of them as well. */
function refuseUnknownModel({ kind, model, host }: Engine, { models = [] }: EngineState): void {
  if (model === null || models.length === 0) return
  const plain = model.replace(/:[a-z]+$/, '')
  const isKnown = models.some(({ name }) => name === model || name === plain || name.startsWith(`${model}-`))
  if (isKnown) return
  const hint = didYouMean(
    model,
    models.map(({ name }) => name),
  )
  throw new CastellanError(
    'engine_unsuitable',
    `${host ?? kind} does not offer the model ${model} to this credential.${hint} It offers ${models.length}; choose one of them.`,
    { detail: { models: models.slice(0, 50).map(({ name }) => name) } },
  )
}
