import {
  CastellanError,
  DestinationListing,
  EGRESS_HEAD_HEADER,
  EgressHead,
  EgressLimits,
  type EgressRequest,
  ProcessHealth,
  TunnelClosed,
  TunnelGrant,
  type TunnelRequest,
} from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { unpack } from './packed.ts'
import type { OutboundResponse } from './response.ts'
import { Tunnel } from './tunnel.ts'

const HEALTH_MS = 1_000
/** What the airlock needs beyond the time it gives a request, in milliseconds. */
const MARGIN_MS = 5_000

/** A request as `fetch` takes it, and what it is for. */
export interface OutboundInit {
  readonly method?: EgressRequest['method']
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** For the ledger: `engine.openai`, `credential.probe`. Never anything secret. */
  readonly purpose: string
  readonly redirect?: EgressRequest['redirect']
  readonly limits?: EgressRequest['limits']
}

/** The gateway's only way to other machines: every request goes to the airlock, which decides, records and sends it. */
export class Outbound {
  readonly #airlock: UnixClient

  constructor(airlockSocket: string) {
    this.#airlock = new UnixClient({ socketPath: airlockSocket, peer: 'airlock', unavailable: 'airlock_unavailable' })
  }

  /**
   * Like `fetch`: resolves once the answer's headers are there, whatever its status; the body streams as it comes. Aborting
   * `signal`, or cancelling the body, closes the connection at once. Read the body to its end or cancel it, also that of an error:
   * until then it holds its connection.
   *
   * Throws, and the body's reader throws, `CastellanError`: `egress_denied` (not on the list, or an address that is never
   * reached), `egress_off` (the operator shut the airlock), `egress_unrecorded` (no ledger, so nothing leaves), `egress_failed`
   * and `egress_timeout` (with {@link EgressFailure} as detail), `egress_truncated` (the body was cut off at
   * `response_bytes`), `rate_limited`, `airlock_unavailable`, `cancelled`, `invalid_request`.
   */
  async fetch(
    url: string | URL,
    init: OutboundInit,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<OutboundResponse> {
    const { body, limits = {}, ...rest } = init
    const request: EgressRequest = {
      ...rest,
      url: String(url),
      limits,
      ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64') }),
    }
    const timeoutMs = EgressLimits.parse(limits).total_ms + MARGIN_MS
    // Node's Response comes with all of fetch, which is loaded for the first who asks anything outside.
    const { OutboundResponse } = await import('./response.ts')
    const answer = await this.#airlock.open('POST', '/v1/fetch', { body: request, signal, timeoutMs })
    const head = unpack(EgressHead, answer.header(EGRESS_HEAD_HEADER))
    if (head === undefined) {
      throw new CastellanError('internal', 'airlock answered POST /v1/fetch in a form that was not agreed.')
    }
    return new OutboundResponse(head, answer, request.method ?? 'GET')
  }

  /**
   * A permission to use the airlock's CONNECT proxy for one program run, such as a CLI engine, that speaks TLS itself. Close it
   * when the program has ended. Throws as {@link fetch} does.
   */
  async tunnel(request: TunnelRequest, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Tunnel> {
    const grant = await this.#airlock.request('POST', '/v1/tunnels', { body: request, schema: TunnelGrant, signal })
    return new Tunnel(grant, async () => {
      await this.#airlock.request('DELETE', `/v1/tunnels/${grant.id}`, { schema: TunnelClosed })
    })
  }

  /** What may be reached, and whether the airlock is open at all. */
  destinations(signal?: AbortSignal): Promise<DestinationListing> {
    return this.#airlock.request('GET', '/v1/destinations', { schema: DestinationListing, signal })
  }

  /** What the airlock says of itself within a second. */
  async state(): Promise<ProcessHealth['state'] | 'unavailable'> {
    return this.#airlock.request('GET', '/v1/health', { schema: ProcessHealth, timeoutMs: HEALTH_MS }).then(
      ({ state }) => state,
      () => 'unavailable',
    )
  }

  close(): void {
    this.#airlock.close()
  }
}
