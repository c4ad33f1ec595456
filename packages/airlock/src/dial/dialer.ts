import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { CastellanError, type Reach } from '@castellan/contracts'
import type { Resolve } from './resolver.ts'
import { vetAddresses } from './vet.ts'

export interface Target {
  readonly host: string
  readonly port: number
  readonly reach: Reach
  /** Whether the connection is to speak TLS before it is handed over, and who vouches for the host then. */
  readonly tls: { readonly ca: string | undefined } | undefined
}

/**
 * Opens connections: the name is resolved once, every address it has is vetted, and one of exactly these is dialled. Nothing looks
 * the name up again, so an answer that changes in between leads nowhere. TLS is agreed on under the name (SNI and certificate).
 */
export class Dialer {
  readonly #resolve: Resolve

  constructor(resolve: Resolve) {
    this.#resolve = resolve
  }

  /**
   * A connection that is ready to be written to. Throws `egress_denied` for an address that is not admitted, `egress_failed` and,
   * after `withinMs`, `egress_timeout`, with how far it came; what `signal` was aborted with.
   */
  async open(target: Target, withinMs: number, signal: AbortSignal): Promise<Socket> {
    const { host, port, reach, tls } = target
    const late = new AbortController()
    let stage: 'resolve' | 'connect' | 'tls' = 'resolve'
    const timer = setTimeout(() => {
      const detail = { stage, sent: false }
      late.abort(
        new CastellanError('egress_timeout', `${host} could not be connected to within ${withinMs} ms.`, { detail }),
      )
    }, withinMs)
    const stop = AbortSignal.any([signal, late.signal])
    try {
      // Before a name server is asked: what was taken back meanwhile leaves not even a question.
      stop.throwIfAborted()
      const addresses = await this.#resolve(host, stop)
      vetAddresses(host, addresses, reach)
      stage = 'connect'
      const socket = await firstOf(addresses, target, withinMs, stop)
      if (tls === undefined) return socket
      stage = 'tls'
      return await secure(socket, host, port, tls.ca, stop)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** One address after the other; each has its share of the time, so that a dead one does not use up that of the next. */
async function firstOf(
  addresses: readonly string[],
  { host, port }: Target,
  withinMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const shareMs = Math.ceil(withinMs / addresses.length)
  let last: unknown
  for (const address of addresses) {
    signal.throwIfAborted()
    try {
      return await dial(address, port, shareMs, signal)
    } catch (error) {
      last = error
    }
  }
  signal.throwIfAborted()
  throw new CastellanError('egress_failed', `${host} cannot be reached on port ${port}: ${words(last)}.`, {
    detail: { stage: 'connect', sent: false },
    cause: last,
  })
}

/** `address` is no name, so nothing is looked up here. */
export function dial(address: string, port: number, withinMs: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true, keepAlive: true })
    const settle = (error?: unknown): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off('error', settle)
      if (error === undefined) {
        resolve(socket)
        return
      }
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => settle(signal.reason)
    const timer = setTimeout(() => settle(new Error('nobody answered')), withinMs)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', settle)
    socket.once('connect', () => settle())
  })
}

/** TLS under the host's name over a connection that stands. */
export function secure(
  carrier: Socket,
  host: string,
  port: number,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: carrier,
      servername: host,
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      // Said although it is the default: NODE_TLS_REJECT_UNAUTHORIZED would change the default.
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
    })
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      if (error === undefined) {
        resolve(socket)
        return
      }
      socket.on('error', () => undefined)
      socket.destroy()
      carrier.destroy()
      reject(error)
    }
    const onAbort = (): void => settle(signal.reason)
    const onError = (cause: NodeJS.ErrnoException): void => {
      const sentence = `${host} is not trusted on port ${port}: ${words(cause)}.`
      settle(new CastellanError('egress_failed', sentence, { detail: { stage: 'tls', sent: false }, cause }))
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError)
    socket.once('secureConnect', () => settle())
  })
}

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'it hung up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to its network',
  ETIMEDOUT: 'nobody answered',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody but itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate leads to an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate leads to no authority that is trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate leads to no authority that is trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** Why a connection failed, without what the other side may have put into the words. */
export function words(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === undefined) return message ?? 'it failed'
  if (/^ERR_SSL_|^EPROTO$/.test(code)) return 'it does not speak TLS as it should'
  return SENTENCES[code] ?? code
}
