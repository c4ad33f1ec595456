import { CastellanError, ErrorEnvelope, errorFromEnvelope } from '@castellan/contracts'
import type { BodyOf, Operation, ParamsOf } from '@castellan/contracts/api'
import type { z } from 'zod'
import type { Context } from './context.ts'

const TIMEOUT_MS = 120_000

type Given<O extends Operation> = (ParamsOf<O> extends undefined ? unknown : { readonly params: ParamsOf<O> }) &
  (BodyOf<O> extends undefined ? unknown : { readonly body: z.input<Extract<O['body'], z.ZodType>> })

type Told<O extends Operation> = O['answer'] extends z.ZodType ? z.output<O['answer']> : undefined

/** Asks the gateway for an operation of its API, as the owner. Throws its refusal, or `unauthorized` and `agentd_unavailable`. */
export async function askGateway<O extends Operation>(
  context: Context,
  operation: O,
  given: Given<O>,
): Promise<Told<O>> {
  const { params = {}, body } = given as { params?: Record<string, string>; body?: unknown }
  const path = operation.path.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const { url } = await context.instance()
  const headers = {
    authorization: `Bearer ${await context.token()}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  const response = await fetch(new URL(path, url), {
    method: operation.method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    // The token and what is in the body are for the gateway alone.
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new CastellanError('agentd_unavailable', `The gateway does not answer at ${url}. Is Castellan running?`, {
      cause,
    })
  })
  const text = await response.text()
  if (response.status === 204) return undefined as Told<O>
  const value = asJson(text)
  if (response.ok) return operation.answer?.parse(value) as Told<O>
  const envelope = ErrorEnvelope.safeParse(value)
  if (envelope.success) throw errorFromEnvelope(envelope.data)
  throw new CastellanError('internal', `The gateway answered with status ${response.status} and no reason.`)
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
