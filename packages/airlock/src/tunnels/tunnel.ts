import type { Duplex } from 'node:stream'
import { CastellanError, type Destination } from '@castellan/contracts'
import type { Book } from '../destinations/book.ts'
import type { Rates } from '../destinations/rate.ts'
import type { Dialer } from '../dial/dialer.ts'
import type { Flight, Flights } from '../flights.ts'
import type { Recorder } from '../record/recorder.ts'
import { helloName, MAX_HELLO_BYTES } from './client-hello.ts'
import type { Grant } from './grants.ts'

const CONNECT_MS = 10_000
/** A program that was let through says whom it wants within this time. */
const HELLO_MS = 10_000
/** A tunnel in which nothing moved for this long is closed. */
const IDLE_MS = 10 * 60_000
/** How long the one side may stay when the other is over. */
const LINGER_MS = 1_000

export interface TunnelParts {
  readonly book: Book
  readonly rates: Rates
  readonly flights: Flights
  readonly recorder: Recorder
  readonly dialer: Dialer
}

interface Aim {
  readonly host: string
  readonly port: number
}

/**
 * One tunnel, as steps: admit, record, dial, let the program speak, hear that it asks for the same host, join the two, record the end.
 * Throws before `near` was told that it is through; afterwards failures only close it.
 */
export async function openTunnel(
  parts: TunnelParts,
  grant: Grant,
  aim: Aim,
  near: Duplex,
  head: Buffer,
): Promise<void> {
  const destination = admit(parts, grant, aim)
  if (!grant.spend(0)) throw exhausted()
  const flight = takeOff(parts.flights, destination, grant, near)
  try {
    const { id: tunnel, purpose } = grant
    const opened = { type: 'egress_tunnel_opened', tunnel, purpose, destination: destination.id, ...aim } as const
    const index = await parts.recorder.before(opened)
    const ended = endOf(parts.recorder, grant, index)
    try {
      const target = { ...aim, reach: destination.reach, tls: undefined }
      const far = await parts.dialer.open(target, CONNECT_MS, flight.signal)
      const address = far.remoteAddress
      near.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      void join(near, far, head, aim.host, grant, flight).then(({ bytes, error }) => ended({ address, bytes, error }))
    } catch (error) {
      ended({ bytes: 0, error })
      throw error
    }
  } catch (error) {
    flight.land()
    throw error
  }
}

function admit({ book, rates, recorder }: TunnelParts, { purpose }: Grant, { host, port }: Aim): Destination {
  try {
    const destination = book.admitTunnel(host, port)
    rates.spend(destination)
    return destination
  } catch (error) {
    recorder.refused({ type: 'egress_refused', purpose, host, ok: false, code: (error as CastellanError).code })
    throw error
  }
}

/** The grant's end, the program's leaving and the operator's word each end it. */
function takeOff(flights: Flights, { id }: Destination, grant: Grant, near: Duplex): Flight {
  if (grant.signal.aborted) throw grant.signal.reason
  const flight = flights.start(() => id)
  const onEnd = (): void => flight.abort(grant.signal.reason as CastellanError)
  const onGone = (): void => flight.abort(new CastellanError('cancelled', 'The program went away.'))
  grant.signal.addEventListener('abort', onEnd, { once: true })
  near.once('close', onGone)
  const land = (): void => {
    grant.signal.removeEventListener('abort', onEnd)
    near.off('close', onGone)
    flight.land()
  }
  return { ...flight, land }
}

interface Ended {
  readonly bytes: number
  /** Why it did not end by itself. */
  readonly error?: unknown
  readonly address?: string | undefined
}

function endOf(recorder: Recorder, { id }: Grant, target: number): (ended: Ended) => void {
  const startedAt = performance.now()
  return ({ bytes, error, address }) => {
    const code = error instanceof CastellanError ? error.code : 'egress_failed'
    recorder.after({
      type: 'egress_tunnel_closed',
      tunnel: id,
      target,
      bytes,
      duration_ms: Math.round(performance.now() - startedAt),
      ...(address === undefined ? {} : { address }),
      ...(error === undefined ? { ok: true } : { ok: false, code }),
    })
  }
}

/** Joins the two until either ends. Not a byte passes before the program has asked for this very host in its ClientHello. */
async function join(
  near: Duplex,
  far: Duplex,
  head: Buffer,
  host: string,
  grant: Grant,
  flight: Flight,
): Promise<{ readonly bytes: number; readonly error?: unknown }> {
  let bytes = 0
  let error: unknown
  const stop = (reason?: unknown): void => {
    error ??= reason
    near.destroy()
    far.destroy()
  }
  const onAbort = (): void => stop(flight.signal.reason)
  if (flight.signal.aborted) onAbort()
  else flight.signal.addEventListener('abort', onAbort, { once: true })
  far.on('error', stop)
  const idle = setTimeout(() => stop(new CastellanError('egress_timeout', 'Nothing moved in the tunnel.')), IDLE_MS)
  const count = (piece: Buffer): void => {
    bytes += piece.length
    idle.refresh()
    if (!grant.spend(piece.length)) stop(exhausted())
  }
  try {
    const hello = await readHello(near, head, host)
    count(hello)
    near.on('data', count)
    far.on('data', count)
    const closed = Promise.all([near, far].map((side) => new Promise((resolve) => side.once('close', resolve))))
    far.write(hello)
    near.pipe(far)
    far.pipe(near)
    follow(near, far)
    follow(far, near)
    await closed
  } catch (cause) {
    stop(cause)
  } finally {
    clearTimeout(idle)
    flight.signal.removeEventListener('abort', onAbort)
    flight.land()
  }
  // That the program hangs up when it is done is how a tunnel ends.
  const wentAway = error instanceof CastellanError && error.code === 'cancelled'
  return error === undefined || wentAway ? { bytes } : { bytes, error }
}

/** When one side is over the other gets what was still on its way, or nothing more where it broke, and a moment to hang up. */
function follow(side: Duplex, other: Duplex): void {
  side.once('close', () => {
    if (!side.readableEnded) return void other.destroy()
    other.end()
    setTimeout(() => other.destroy(), LINGER_MS).unref()
  })
}

/** The first bytes, once they say whom they are for. Throws `egress_denied` where that is another, or nothing that is understood. */
async function readHello(near: Duplex, head: Buffer, host: string): Promise<Buffer> {
  let bytes = head
  const late = setTimeout(
    () => near.destroy(new CastellanError('egress_timeout', 'The program said nothing.')),
    HELLO_MS,
  )
  try {
    for (;;) {
      const found = helloName(bytes)
      if (found.kind === 'name' && found.name === host) return bytes
      if (found.kind === 'name') throw denied(`it asks for ${found.name.slice(0, 100)} in a tunnel to ${host}`)
      if (found.kind === 'none') throw denied(found.why)
      if (bytes.length > MAX_HELLO_BYTES) throw denied('its ClientHello is too large')
      bytes = Buffer.concat([bytes, await nextPiece(near)])
    }
  } finally {
    clearTimeout(late)
  }
}

function nextPiece(near: Duplex): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const gone = (): unknown => near.errored ?? new CastellanError('cancelled', 'The program went away.')
    if (near.destroyed) return reject(gone())
    const settle = (piece: Buffer | undefined, error?: unknown): void => {
      near.pause()
      near.off('data', settle)
      near.off('close', onClose)
      if (piece === undefined) reject(error)
      else resolve(piece)
    }
    const onClose = (): void => settle(undefined, gone())
    near.on('data', settle)
    near.once('close', onClose)
    near.resume()
  })
}

function exhausted(): CastellanError {
  return new CastellanError('egress_truncated', 'The tunnels of this program have carried all they may.')
}

function denied(why: string): CastellanError {
  return new CastellanError('egress_denied', `The program was cut off: ${why}.`)
}
