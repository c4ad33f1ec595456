import { CastellanError, type EgressEnd, type EgressLimits } from '@castellan/contracts'
import { words } from '../dial/dialer.ts'
import type { EchoFilter } from '../secrets/echo.ts'
import type { Exchange } from './exchange.ts'

/**
 * The answer's body piece by piece, not more than `response_bytes` of it, and nothing held back. How it ended is told by `onEnd`,
 * exactly once, also when the reader leaves early; an error ends the pieces and is told there.
 */
export async function* bodyOf(
  { response, close }: Exchange,
  host: string,
  { response_bytes, idle_ms }: EgressLimits,
  signal: AbortSignal,
  onEnd: (end: EgressEnd) => void,
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0
  let end: EgressEnd | undefined
  let timer: NodeJS.Timeout | undefined
  const stop = (reason: unknown): void => {
    response.destroy(reason instanceof Error ? reason : new Error('stopped'))
  }
  const onAbort = (): void => stop(signal.reason)
  // Runs only while we wait for the other side, not while the reader takes its time.
  const wait = (): void => {
    timer = setTimeout(() => {
      const sentence = `${host} sent nothing for ${idle_ms} ms in the middle of its answer.`
      stop(new CastellanError('egress_timeout', sentence))
    }, idle_ms)
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    wait()
    for await (const piece of response as AsyncIterable<Buffer>) {
      clearTimeout(timer)
      const room = response_bytes - bytes
      bytes += Math.min(piece.length, room)
      if (piece.length > room) {
        if (room > 0) yield piece.subarray(0, room)
        end = { state: 'truncated', bytes }
        return
      }
      yield piece
      wait()
    }
    end = { state: 'complete', bytes }
  } catch (error) {
    end = { state: 'failed', bytes, ...explain(error, host) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    if (end?.state !== 'complete') close()
    onEnd(end ?? { state: 'failed', bytes, code: 'cancelled', message: 'The reader left.' })
  }
}

function explain(error: unknown, host: string): { code: string; message: string } {
  if (error instanceof CastellanError) return { code: error.code, message: error.message }
  return { code: 'egress_failed', message: `${host} broke off in the middle of its answer: ${words(error)}.` }
}

/** The same pieces without values that were put into the request. */
export async function* withoutEcho(
  body: AsyncGenerator<Uint8Array, void, void>,
  echo: EchoFilter,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of body) {
    const clean = echo.push(piece)
    if (clean.length > 0) yield clean
  }
  const rest = echo.flush()
  if (rest.length > 0) yield rest
}
