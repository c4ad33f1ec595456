import { CastellanError, type EngineEvent } from '@castellan/contracts'
import { crashed } from '../../failures.ts'
import type { ModelDone, SeededCompletion } from '../../worker/protocol.ts'
import type { WorkerLink } from './link.ts'
import type { Runs } from './runs.ts'

export interface CompletionParts {
  readonly runs: Runs
  /** Undefined where there is none that could begin. */
  readonly worker: WorkerLink | undefined
  readonly stallMs: number
  /** Frees the slot. */
  readonly release: () => void
  /** What the last event tells beside what the model said; `key` names the list of tools. */
  readonly stamped: (event: ModelDone, key: string) => EngineEvent
}

/**
 * One completion in the worker, from its beginning to the last event, the signal, or the end of whoever reads. Throws `engine_crashed`
 * where no worker could begin, and `invalid_request` for what cannot be handed over.
 */
export async function* completion(
  request: SeededCompletion,
  signal: AbortSignal,
  parts: CompletionParts,
): AsyncGenerator<EngineEvent> {
  const { runs, worker, release, stamped } = parts
  if (signal.aborted) return release()
  if (worker === undefined) {
    release()
    throw crashed('stopped before this request could begin')
  }
  const { id, channel } = runs.begin(release)
  const cancel = (): void => {
    worker.cancel(id)
    channel.end()
  }
  signal.addEventListener('abort', cancel, { once: true })
  let whole = false
  try {
    const key = handOver(worker, id, request, parts)
    for await (const event of channel) yield event.type === 'done' ? stamped(event, key) : event
    whole = true
  } finally {
    signal.removeEventListener('abort', cancel)
    if (!whole) cancel()
  }
}

/** Throws `invalid_request` for what cannot be handed over; its slot is free again then, because no worker will say so. */
function handOver(
  worker: WorkerLink,
  id: number,
  request: SeededCompletion,
  { runs, stallMs }: Pick<CompletionParts, 'runs' | 'stallMs'>,
): string {
  try {
    return worker.complete(id, request, stallMs)
  } catch (error) {
    runs.end(id)
    if (runs.size === 0) worker.rest()
    if (!(error instanceof RangeError)) throw error
    throw new CastellanError(
      'invalid_request',
      'The conversation or a tool in it is nested too deeply to be read. Send it with fewer levels.',
      { cause: error },
    )
  }
}
