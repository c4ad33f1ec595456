import { CastellanError, ErrorEnvelope, errorFromEnvelope } from '@castellan/contracts'
import type { BodyOf, Operation, ParamsOf } from '@castellan/contracts/api'
import type { z } from 'zod'
import type { Context } from './context.ts'

const TIMEOUT_MS = 120_000

type Given<O extends Operation> = (ParamsOf<O> extends undefined ? unknown : { readonly params: ParamsOf<O> }) &
  (BodyOf<O> extends undefined ? unknown : { readonly body: z.input<Extract<O['body'], z.ZodType>> }) & {
    readonly query?: Readonly<Record<string, string>>
  }

type Told<O extends Operation> = O['answer'] extends z.ZodType ? z.output<O['answer']> : undefined

/** Asks the gateway for an operation of its API, as the owner. Throws its refusal, or `unauthorized` and `agentd_unavailable`. */
export async function askGateway<O extends Operation>(
  context: Context,
  operation: O,
  given: Given<O>,
): Promise<Told<O>> {
  const response = await send(context, operation, given)
  const text = await response.text()
  if (response.status === 204) return undefined as Told<O>
  const value = asJson(text)
  if (response.ok) return operation.answer?.parse(value) as Told<O>
  throw refusalOf(response, value)
}

/** Asks for an operation whose answer is no JSON, and yields it as it comes. Throws as {@link askGateway} does. */
export async function* streamFromGateway<O extends Operation>(
  context: Context,
  operation: O,
  given: Given<O>,
): AsyncGenerator<string> {
  const response = await send(context, operation, given)
  if (!response.ok) throw refusalOf(response, asJson(await response.text()))
  const decoder = new TextDecoder()
  for await (const piece of response.body ?? []) yield decoder.decode(piece, { stream: true })
}

async function send<O extends Operation>(context: Context, operation: O, given: Given<O>): Promise<Response> {
  const {
    params = {},
    query = {},
    body,
  } = given as {
    readonly params?: Record<string, string>
    readonly query?: Record<string, string>
    readonly body?: unknown
  }
  const path = operation.path.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const { url } = await context.instance()
  const address = new URL(path, url)
  address.search = new URLSearchParams(query).toString()
  const headers = {
    authorization: `Bearer ${await context.token()}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  return fetch(address, {
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
}

function refusalOf({ status }: Response, value: unknown): CastellanError {
  const envelope = ErrorEnvelope.safeParse(value)
  if (envelope.success) return errorFromEnvelope(envelope.data)
  return new CastellanError('internal', `The gateway answered with status ${status} and no reason.`)
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
