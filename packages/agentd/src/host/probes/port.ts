import { connect } from 'node:net'
import type { Address } from './resolve.ts'

export interface PortAnswer {
  readonly address: string
  /** `closed`: refused at once. `no_answer`: nothing came back in time, as behind most firewalls. */
  readonly state: 'open' | 'closed' | 'no_answer' | 'unreachable'
  readonly latencyMs: number | null
}

const unreachable = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'ENETDOWN', 'EINVAL'])

/** Opens a TCP connection and closes it at once; not a byte is sent. */
export function probePort(
  { address, family }: Address,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PortAnswer> {
  signal.throwIfAborted()
  const startedAt = performance.now()
  const socket = connect({ host: address, port, family })
  return new Promise<PortAnswer>((resolve, reject) => {
    const finish = (state: PortAnswer['state']) => {
      const latencyMs =
        state === 'open' || state === 'closed' ? Math.round((performance.now() - startedAt) * 10) / 10 : null
      resolve({ address, state, latencyMs })
    }
    socket.setTimeout(timeoutMs, () => finish('no_answer'))
    socket.once('connect', () => finish('open'))
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ECONNRESET') finish('closed')
      else finish(unreachable.has(code) ? 'unreachable' : 'no_answer')
    })
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  }).finally(() => socket.destroy())
}
