import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { CastellanError } from '@castellan/contracts'
import type { TorConfig } from '../config.ts'
import { dial, secure, type Target } from '../dial/dialer.ts'
import { verifyCircuit } from './control.ts'
import { connectBySocks } from './socks.ts'

/**
 * Opens connections over Tor: to its SOCKS port, each under a name of its own, so that no two share a circuit; Tor is asked by which
 * circuit it goes, and only then TLS begins, under the host's name. Names are resolved at the exit, where private addresses lead nowhere.
 */
export class TorRoute {
  readonly #config: TorConfig

  constructor(config: TorConfig) {
    this.#config = config
  }

  /** As `Dialer.open`. Throws `egress_failed` and, after `withinMs`, `egress_timeout`. */
  async open({ host, port, tls }: Target, withinMs: number, signal: AbortSignal): Promise<Socket> {
    const late = new AbortController()
    const timer = setTimeout(() => {
      const detail = { stage: 'connect', sent: false }
      late.abort(
        new CastellanError('egress_timeout', `${host} could not be connected to over Tor within ${withinMs} ms.`, {
          detail,
        }),
      )
    }, withinMs)
    const stop = AbortSignal.any([signal, late.signal])
    let socket: Socket | undefined
    const onStop = (): void => void socket?.destroy()
    stop.addEventListener('abort', onStop, { once: true })
    try {
      stop.throwIfAborted()
      const { socks } = this.#config
      socket = await dial(socks.host, socks.port, withinMs, stop).catch((cause: Error) => {
        throw stop.aborted ? stop.reason : unreachable(cause)
      })
      const identity = {
        username: `castellan-${randomBytes(9).toString('base64url')}`,
        password: randomBytes(9).toString('base64url'),
      }
      await connectBySocks(socket, { host, port }, identity)
      await verifyCircuit(this.#config, `${host}:${port}`, identity.username)
      stop.throwIfAborted()
      return tls === undefined ? socket : await secure(socket, host, port, tls.ca, stop)
    } catch (error) {
      socket?.destroy()
      throw stop.aborted ? stop.reason : error
    } finally {
      clearTimeout(timer)
      stop.removeEventListener('abort', onStop)
    }
  }
}

function unreachable(cause: Error): CastellanError {
  return new CastellanError(
    'egress_failed',
    'Tor does not answer on its SOCKS port. Start it, or take tor out of the search of the airlock’s configuration.',
    {
      detail: { stage: 'connect', sent: false },
      cause,
    },
  )
}
