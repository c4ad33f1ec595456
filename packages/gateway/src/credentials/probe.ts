import { CastellanError, type CredentialAuth, type CredentialTest } from '@castellan/contracts'
import { type FailureKind, readFailure } from '../engines/remote/failure.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { type KnownProvider, knownProvider } from './providers.ts'

const LIMITS = { connect_ms: 10_000, headers_ms: 30_000, idle_ms: 30_000, total_ms: 45_000, response_bytes: 256 * 1024 }
const PURPOSE = 'credential.probe'

export interface Probed {
  readonly provider: string
  readonly auth: CredentialAuth
  readonly baseUrl: string | null
  readonly secret: string
  /** A cheap one of the provider without it. */
  readonly model: string | undefined
}

/** What an answer has to have to be that of a model's API and not of something else that says 200. */
const ANSWERS: Record<KnownProvider['dialect'], string> = { openai: 'choices', anthropic: 'content' }

const CODES: Record<FailureKind, string> = {
  credential: 'unauthorized',
  rate_limited: 'rate_limited',
  quota: 'quota_exhausted',
  transient: 'provider_failed',
  too_long: 'provider_refused',
  refused: 'provider_refused',
}

/** Asks a provider for one token. Answers how it went, and throws only where it was given up. */
export async function probe(
  outbound: Pick<Outbound, 'fetch'>,
  probed: Probed,
  signal: AbortSignal,
): Promise<CredentialTest> {
  const began = performance.now()
  const result = await ask(outbound, probed, signal).catch((error: unknown) => {
    if (!(error instanceof CastellanError) || error.code === 'cancelled') throw error
    return { ok: false, code: error.code as string, message: error.message, model: probed.model ?? null }
  })
  return { ...result, duration_ms: Math.round(performance.now() - began) }
}

async function ask(outbound: Pick<Outbound, 'fetch'>, probed: Probed, signal: AbortSignal) {
  const known = knownProvider(probed.provider)
  const baseUrl = (probed.baseUrl ?? known?.baseUrl ?? '').replace(/\/+$/, '')
  const dialect = known?.dialect ?? 'openai'
  const { host } = new URL(baseUrl)
  const headers = headersOf(dialect, probed)
  const send = (path: string, body?: unknown) =>
    outbound.fetch(
      `${baseUrl}${path}`,
      {
        method: body === undefined ? 'GET' : 'POST',
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        purpose: PURPOSE,
        // A redirect could carry the secret to somebody else.
        redirect: 'manual',
        limits: LIMITS,
      },
      { signal },
    )
  const refused = async (response: Response, model: string | null) => {
    const { failure } = await readFailure(response, host, [probed.secret])
    const isModel = response.status === 404 || /model/i.test(failure.says)
    const code = failure.kind === 'refused' && isModel ? 'model_unknown' : CODES[failure.kind]
    return { ok: false, code, message: failure.message, model }
  }

  let model = probed.model ?? known?.testModel
  if (model === undefined) {
    const listing = await send('/models')
    if (!listing.ok) return refused(listing, null)
    model = firstModel(await bodyOf(listing))
    if (model === undefined) {
      return {
        ok: false,
        code: 'model_unknown',
        message: `${host} names no model to test with; say one: --model NAME`,
        model: null,
      }
    }
  }
  const response = await send(
    dialect === 'anthropic' ? '/v1/messages' : '/chat/completions',
    question(dialect, host, model),
  )
  if (!response.ok) return refused(response, model)
  if (!(ANSWERS[dialect] in (await bodyOf(response)))) {
    return {
      ok: false,
      code: 'provider_failed',
      message: `${host} answered, but not as a model’s API does. Is its address right?`,
      model,
    }
  }
  return { ok: true, code: null, message: `${host} answered with one token.`, model }
}

function question(dialect: KnownProvider['dialect'], host: string, model: string): unknown {
  const messages = [{ role: 'user', content: 'Hi' }]
  // OpenAI's newer models know the one name, servers that are compatible with it often only the other.
  const limit = dialect === 'openai' && host === 'api.openai.com' ? { max_completion_tokens: 1 } : { max_tokens: 1 }
  return { model, messages, ...limit }
}

function headersOf(dialect: KnownProvider['dialect'], { auth, secret }: Probed): Record<string, string> {
  const json = { 'content-type': 'application/json', accept: 'application/json' }
  if (dialect === 'openai') return { ...json, authorization: `Bearer ${secret}` }
  const version = { 'anthropic-version': '2023-06-01' }
  if (auth === 'api_key') return { ...json, ...version, 'x-api-key': secret }
  return { ...json, ...version, authorization: `Bearer ${secret}`, 'anthropic-beta': 'oauth-2025-04-20' }
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text()
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function firstModel({ data }: Record<string, unknown>): string | undefined {
  const [first] = Array.isArray(data) ? data : []
  const id: unknown = (first as { id?: unknown } | undefined)?.id
  return typeof id === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$/.test(id) ? id : undefined
}
