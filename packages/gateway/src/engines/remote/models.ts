import { CastellanError, type EngineModel } from '@castellan/contracts'
import { type EngineCredential, pickSuited } from '../credentials.ts'
import { cleaned } from '../echo.ts'
import type { EngineState, ModelSize } from '../engine.ts'
import { readFailure } from './failure.ts'
import { jsonOf, listOf, objectOf } from './json.ts'
import { addressOf, type RemoteParts } from './remote.ts'
import { credentialFault } from './tries.ts'

/** Most of a list of models, in bytes and entries: OpenRouter's has some hundreds. */
const MAX_LIST_BYTES = 8 * 1024 * 1024
const MAX_MODELS = 2_000
const LIMITS = { connect_ms: 5_000, headers_ms: 10_000, total_ms: 15_000, response_bytes: MAX_LIST_BYTES }

/** What a provider offers, and the id of the credential that it was asked with. */
export interface AskedModels {
  readonly models: readonly EngineModel[]
  readonly credential: string | null
}

interface ModelList {
  readonly path: string
  readonly headers: (credential: EngineCredential | null) => Record<string, string>
  readonly modelOf: (entry: unknown) => EngineModel
}

/**
 * The models that a provider offers to the credential: the one question that costs nothing and needs all of the way to it. Of a
 * provider's credentials the next is asked with where one is refused, as a turn would do; none rests for it, because a key may
 * be good for answers and not for lists. Says which one was not refused. Throws the first refusal where none is left.
 */
export async function askModels(list: ModelList, parts: RemoteParts, signal?: AbortSignal): Promise<AskedModels> {
  const { wish } = parts
  if (wish?.provider === undefined) {
    return askWith(wish === null ? null : await pickSuited(parts, wish), list, parts, signal)
  }
  const refused = new Set<string>()
  let refusal: unknown
  for (;;) {
    const credential = await pickSuited(parts, wish, refused).catch((error: unknown) => {
      throw refusal ?? error
    })
    try {
      return await askWith(credential, list, parts, signal)
    } catch (error) {
      if (credentialFault(error) === undefined) throw error
      refusal ??= error
      refused.add(credential.id)
    }
  }
}

async function askWith(
  credential: EngineCredential | null,
  { path, headers, modelOf }: ModelList,
  { engine, outbound, baseUrl }: RemoteParts,
  signal: AbortSignal | undefined,
): Promise<AskedModels> {
  const { url, host } = addressOf(credential?.baseUrl ?? baseUrl, path)
  const response = await outbound.fetch(
    url,
    {
      headers: { accept: 'application/json', ...headers(credential) },
      purpose: `engine.${engine}.models`,
      redirect: 'manual',
      limits: LIMITS,
    },
    signal === undefined ? {} : { signal },
  )
  const secrets = credential === null ? [] : [credential.secret]
  if (!response.ok) throw (await readFailure(response, host, secrets)).failure
  const entries = listOf(objectOf(jsonOf(await response.text())).data)
  if (entries.length === 0) {
    throw new CastellanError(
      'engine_garbled',
      `${host} lists no models at ${new URL(url).pathname}. Is this address that of a model’s API?`,
    )
  }
  const models = entries
    .slice(0, MAX_MODELS)
    .map((entry) => modelOf(cleaned(entry, secrets)))
    .filter(({ name }) => name !== '')
  return { models, credential: credential?.id ?? null }
}

/** How an engine is whose provider answered with these models. */
export function remoteState(
  { models, credential }: AskedModels,
  model: string,
  toldTokens: number | undefined,
  assumedTokens: number,
): EngineState & { readonly model: ModelSize } {
  const known = models.find(({ name }) => name === model)
  const contextTokens = toldTokens ?? known?.context_tokens ?? assumedTokens
  return { state: 'ready', model: { name: model, kind: 'chat', contextTokens }, models, credential }
}
