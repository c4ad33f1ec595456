import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorEnvelope, errorFromEnvelope } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Backend } from './backend/backend.ts'
import { changed } from './failures.ts'
import type { Slots } from './queue/slots.ts'

/** The backend for a model file; the one that was configured without a path. */
export type MakeBackend = (path?: string) => Backend

/** How long an answer under way may go on once its model is to go, in milliseconds. */
const GRACE_MS = 60_000

interface Switch {
  readonly old: Backend
  readonly make: () => Backend
  readonly slots: Slots
  /** Lets the engine answer with a backend. */
  readonly use: (backend: Backend) => void
  readonly signal: AbortSignal
  readonly log: Log
  readonly graceMs?: number
}

/**
 * Loads another model while the old one answers, and then lets it take over. Where there is no memory for both, the old one
 * goes first and those who wait stay in line; it is kept all the same where the new one then fails. Throws why it failed.
 */
export async function switchBackend({ old, make, slots, use, signal, log, graceMs = GRACE_MS }: Switch) {
  const beside = make()
  await beside.load()
  const problem = problemOf(beside)
  if (problem === undefined) {
    use(beside)
    // Not awaited: the new one answers already.
    void retire(old, graceMs, signal, log)
    return 'beside' as const
  }
  await beside.stop(problem)
  if (problem.code !== 'model_too_large' || !wouldFitAlone(problem, (await old.report()).resident)) {
    throw errorFromEnvelope(problem)
  }
  slots.close()
  try {
    await drained(old, graceMs, signal)
    await old.unload(changed().toEnvelope())
    const after = make()
    await after.load()
    const failure = problemOf(after)
    if (failure !== undefined) {
      await after.stop(failure)
      throw errorFromEnvelope(failure)
    }
    use(after)
    await old.stop(changed().toEnvelope())
    return 'after' as const
  } finally {
    slots.open()
  }
}

function problemOf(backend: Backend): ErrorEnvelope | undefined {
  const { state, error } = backend.state()
  return state === 'failed' ? error : undefined
}

/** Whether what the old model gives back makes enough room, by the figures of the refusal. */
function wouldFitAlone({ detail }: ErrorEnvelope, freed: number | null): boolean {
  const { need, available } = (detail ?? {}) as { need?: { total: number }; available?: { bytes: number } }
  return need !== undefined && available !== undefined && need.total <= available.bytes + (freed ?? 0)
}

async function retire(old: Backend, graceMs: number, signal: AbortSignal, log: Log): Promise<void> {
  await drained(old, graceMs, signal)
  await old.stop(changed().toEnvelope())
  log.info('the old model is gone')
}

async function drained(backend: Backend, graceMs: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const either = AbortSignal.any([over.signal, signal])
  await Promise.race([backend.quiet(), sleep(graceMs, undefined, { signal: either }).catch(() => undefined)])
  over.abort()
}
