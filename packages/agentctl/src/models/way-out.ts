import {
  CastellanError,
  DestinationChange,
  type DestinationRequest,
  EGRESS_END_TRAILER,
  EGRESS_HEAD_HEADER,
  EgressEnd,
  EgressHead,
  type EgressRequest,
} from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import type { z } from 'zod'

/** A model of any size there is, from a slow line. */
const LIMITS = { total_ms: 14_400_000, idle_ms: 60_000, response_bytes: 1_099_511_627_776 } as const
const PURPOSE = 'model.download'

export interface Answer {
  readonly status: number
  /** By its name in lower case. */
  readonly header: (name: string) => string | undefined
  readonly body: AsyncIterable<Uint8Array>
  /** Whether the body came whole; known at its end. */
  readonly whole: () => boolean
  readonly close: () => void
}

export type Ask = (
  url: URL,
  request: { readonly method: 'GET' | 'HEAD'; readonly headers?: Record<string, string> },
  signal: AbortSignal,
) => Promise<Answer>

/** Asks by way of the airlock, which decides, records and sends. Redirects are answered as they are. Throws its refusals. */
export function throughAirlock(airlock: UnixClient): Ask {
  return async (url, { method, headers = {} }, signal) => {
    const body: EgressRequest = { url: url.href, method, headers, purpose: PURPOSE, redirect: 'manual', limits: LIMITS }
    const answer = await airlock.open('POST', '/v1/fetch', { body, signal, timeoutMs: LIMITS.total_ms })
    const head = unpack(EgressHead, answer.header(EGRESS_HEAD_HEADER))
    if (head === undefined) {
      answer.close()
      throw new CastellanError('internal', 'The airlock answered in a form that was not agreed.')
    }
    const named = new Map(head.headers)
    return {
      status: head.status,
      header: (name) => named.get(name),
      body: answer.body,
      whole: () => unpack(EgressEnd, answer.trailer(EGRESS_END_TRAILER))?.state === 'complete',
      close: answer.close,
    }
  }
}

/**
 * Opens the airlock for these destinations as long as `work` takes, and takes away again what was not there before. Each is an entry
 * of the ledger.
 */
export async function opened<Result>(
  operator: UnixClient,
  destinations: readonly DestinationRequest[],
  work: () => Promise<Result>,
): Promise<Result> {
  const ids: string[] = []
  try {
    for (const body of destinations) {
      const id = await allow(operator, body)
      if (id !== undefined) ids.push(id)
    }
    return await work()
  } finally {
    for (const id of ids) await operator.request('DELETE', `/v1/destinations/${id}`, { schema: DestinationChange })
  }
}

/** Undefined where the very same is on the list already. */
async function allow(operator: UnixClient, body: DestinationRequest): Promise<string | undefined> {
  try {
    const change = await operator.request('POST', '/v1/destinations', { body, schema: DestinationChange })
    return change.destination.id
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'conflict') return undefined
    throw error
  }
}

function unpack<Schema extends z.ZodType>(schema: Schema, text: string | undefined): z.output<Schema> | undefined {
  if (text === undefined) return undefined
  const value = schema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString()))
  return value.success ? value.data : undefined
}
