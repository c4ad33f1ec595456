import {
  CastellanError,
  LedgerClockSetRequest,
  LedgerErasureRequest,
  LedgerIndex,
  type LedgerProof,
  LedgerQuery,
  type LedgerVerification,
} from '@castellan/contracts'
import { ndjson, type SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import { withoutSecrets } from '../ledger/records.ts'
import { verification } from '../ledger/verification.ts'

/** Reading the ledger, on both sockets. `payloads`: whether whoever asks may see what was in a call. */
export function addLedgerRoutes(server: SocketServer, { ledger }: Agentd, payloads: boolean): void {
  server.route('GET', '/v1/ledger/head', {}, () => ledger.head())

  server.route('GET', '/v1/ledger/entries', { query: LedgerQuery }, ({ query }) => ledger.query(query, { payloads }))

  server.route('GET', '/v1/ledger/entries/:index', {}, async ({ params }) => {
    const record = await ledger.read(entryIndex(params.index))
    return payloads ? record : withoutSecrets(record)
  })

  server.route('GET', '/v1/ledger/entries/:index/proof', {}, async ({ params }): Promise<LedgerProof> => {
    const index = entryIndex(params.index)
    return { index, proof: await ledger.proof(index) }
  })
}

/** On agent.sock: verifying all of it before somebody's eyes. Reading so much once at a time is enough. */
export function addVerificationRoute(server: SocketServer, { ledger }: Agentd): void {
  let running = false
  async function* once(signal: AbortSignal): AsyncGenerator<LedgerVerification, void, void> {
    if (running) {
      throw new CastellanError('rate_limited', 'The ledger is being verified already; wait until that is done.', {
        retryAfterSeconds: 5,
      })
    }
    running = true
    try {
      yield* verification(ledger, signal)
    } finally {
      running = false
    }
  }
  server.route('GET', '/v1/ledger/verification', {}, ({ signal }) => ndjson(once(signal)))
}

/** Keeping the ledger, on operator.sock alone: nothing an agent can call erases, rotates, reopens or sets a clock. */
export function addLedgerKeepingRoutes(server: SocketServer, { keeper, witnesses }: Agentd): void {
  server.route('POST', '/v1/ledger/erasures', { body: LedgerErasureRequest }, ({ body }) => keeper.erase(body))
  server.route('POST', '/v1/ledger/key-rotation', {}, () => keeper.rotateKey())
  server.route('POST', '/v1/ledger/clock', { body: LedgerClockSetRequest }, ({ body }) => keeper.setClock(body))
  server.route('POST', '/v1/ledger/reopen', {}, () => keeper.reopen())

  server.route('POST', '/v1/ledger/cosign', {}, () => {
    if (witnesses !== undefined) return witnesses.cosign()
    throw new CastellanError(
      'invalid_request',
      'No witness is configured. Name a C2SP tlog-policy file in `ledger.witnessPolicy` and start agentd again.',
    )
  })
}

function entryIndex(text: string): LedgerIndex {
  const index = LedgerIndex.safeParse(/^\d{1,15}$/.test(text) ? Number(text) : undefined)
  if (index.success) return index.data
  throw new CastellanError('invalid_request', `${JSON.stringify(text)} is no ledger number; those count from 0.`)
}
