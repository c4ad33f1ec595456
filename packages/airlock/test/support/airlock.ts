import { join } from 'node:path'
import {
  type CastellanError,
  DestinationChange,
  DestinationListing,
  type DestinationRequest,
  EGRESS_END_TRAILER,
  EGRESS_HEAD_HEADER,
  EgressEnd,
  EgressHead,
  type EgressRequest,
  LatchChange,
  type LatchRequest,
  ProcessHealth,
  TunnelClosed,
  TunnelGrant,
  type TunnelRequest,
} from '@castellan/contracts'
import { createLogger, UnixClient } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { onTestFinished } from 'vitest'
import { AirlockConfig, startAirlock } from '../../src/index.ts'
import { TestLedger } from './ledger.ts'
import { startNameServer, type Zone } from './name-server.ts'

export interface Fetched {
  readonly head: EgressHead
  readonly text: string
  readonly end: EgressEnd
}

export interface Options {
  readonly zone?: Zone
  readonly config?: Partial<AirlockConfig>
  readonly folder?: string
  readonly ledger?: TestLedger
}

/** A whole airlock in this process: real sockets, a real name server on UDP, records in a list. */
export async function airlock({ zone = {}, config = {}, folder = temporaryFolder(), ledger }: Options = {}) {
  const names = await startNameServer(zone)
  const sockets = join(folder, 'sockets')
  const records = ledger ?? (await TestLedger.start(join(sockets, 'record.sock')))
  const complete = AirlockConfig.parse({
    stateDir: folder,
    airlockSocket: join(sockets, 'airlock.sock'),
    airlockOperatorSocket: join(sockets, 'operator.sock'),
    recordSocket: join(sockets, 'record.sock'),
    nameServers: [names.address],
    ...config,
  })
  const log = createLogger({ name: 'airlock', file: join(folder, 'log') })
  const running = await startAirlock(complete, log)
  const gateway = new UnixClient({
    socketPath: complete.airlockSocket,
    peer: 'airlock',
    unavailable: 'airlock_unavailable',
  })
  const operator = new UnixClient({
    socketPath: complete.airlockOperatorSocket,
    peer: 'airlock',
    unavailable: 'airlock_unavailable',
  })
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= running.stop()
    return stopped
  }
  onTestFinished(async () => {
    gateway.close()
    operator.close()
    await stop()
  })

  const open = (request: Omit<EgressRequest, 'purpose'>, signal?: AbortSignal) =>
    gateway.open('POST', '/v1/fetch', { body: { purpose: 'test.fetch', ...request }, signal })
  return {
    folder,
    config: complete,
    names,
    ledger: records,
    gateway,
    operator,
    stop,
    open,
    /** The whole answer. */
    async fetch(url: string, request: Omit<EgressRequest, 'purpose' | 'url'> = {}): Promise<Fetched> {
      const answer = await open({ url, ...request })
      const pieces: Uint8Array[] = []
      for await (const piece of answer.body) pieces.push(piece)
      return {
        head: EgressHead.parse(unpack(answer.header(EGRESS_HEAD_HEADER))),
        text: Buffer.concat(pieces).toString(),
        end: EgressEnd.parse(unpack(answer.trailer(EGRESS_END_TRAILER))),
      }
    },
    allow: async (body: DestinationRequest) =>
      (await operator.request('POST', '/v1/destinations', { body, schema: DestinationChange })).destination,
    remove: (id: string) => operator.request('DELETE', `/v1/destinations/${id}`, { schema: DestinationChange }),
    turn: (body: LatchRequest) => operator.request('POST', '/v1/latch', { body, schema: LatchChange }),
    listing: () => operator.request('GET', '/v1/destinations', { schema: DestinationListing }),
    health: () => gateway.request('GET', '/v1/health', { schema: ProcessHealth }),
    tunnel: (body: TunnelRequest) => gateway.request('POST', '/v1/tunnels', { body, schema: TunnelGrant }),
    endTunnel: (id: string) => gateway.request('DELETE', `/v1/tunnels/${id}`, { schema: TunnelClosed }),
  }
}

/** The error that a promise ends with; fails where it does not. */
export async function refusal(promise: Promise<unknown>): Promise<CastellanError> {
  try {
    await promise
  } catch (error) {
    return error as CastellanError
  }
  throw new Error('this was expected to be refused, and was not')
}

export function unpack(text: string | undefined): unknown {
  return JSON.parse(Buffer.from(text ?? '', 'base64url').toString())
}
