import type { LedgerVerification } from '@castellan/contracts'
import type { Recorder } from './recorder.ts'

/** How often it is told how far a verification is, in milliseconds. */
const TELL_MS = 150

/**
 * Verifies the whole ledger and says how far it is, then what came of it. Ends early with `signal`, and when nobody reads on. Throws what
 * verifying throws.
 */
export async function* verification(
  ledger: Pick<Recorder, 'verify' | 'state'>,
  signal: AbortSignal,
): AsyncGenerator<LedgerVerification, void, void> {
  const left = new AbortController()
  let at = { checked: 0, of: ledger.state().size }
  const verifying = ledger.verify({
    signal: AbortSignal.any([signal, left.signal]),
    onProgress: (checked, of) => {
      at = { checked, of }
    },
  })
  // Whoever left hears of nothing any more.
  verifying.catch(() => undefined)
  try {
    for (;;) {
      yield { type: 'progress', ...at }
      const verdict = await Promise.race([verifying, pause(TELL_MS, signal)])
      if (verdict === undefined) continue
      const { durationMs, ...rest } = verdict
      yield { type: 'progress', checked: rest.entries, of: Math.max(rest.entries, at.of) }
      yield { type: 'verdict', ...rest, duration_ms: durationMs }
      return
    }
  } finally {
    left.abort()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<undefined> {
  signal.throwIfAborted()
  return new Promise((resolve) => setTimeout(resolve, ms, undefined))
}
