import { EGRESS_END_TRAILER, EGRESS_HEAD_HEADER, EgressRequest, MAX_EGRESS_BODY_BYTES } from '@castellan/contracts'
import { bytes, type SocketServer } from '@castellan/daemon'
import type { Caller, Fetcher } from '../fetch/fetch.ts'

/** The largest body as base64, with room for the rest of the request. */
const MAX_REQUEST_BYTES = Math.ceil((MAX_EGRESS_BODY_BYTES * 4) / 3) + 256 * 1024

/** `POST /v1/fetch`: one request to the outside, for whoever this socket is for. */
export function addFetchRoute(server: SocketServer, fetcher: Fetcher, caller: Caller): void {
  const options = { body: EgressRequest, maxBodyBytes: MAX_REQUEST_BYTES }
  server.route('POST', '/v1/fetch', options, async ({ body, signal }) => {
    const answer = await fetcher.fetch(body, signal, caller)
    return bytes(answer.body, {
      headers: { [EGRESS_HEAD_HEADER]: pack(answer.head) },
      trailers: () => ({ [EGRESS_END_TRAILER]: pack(answer.end()) }),
    })
  })
}

function pack(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
