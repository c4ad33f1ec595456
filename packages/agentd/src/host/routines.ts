import type { KeptRoutine, Routine, RunReport } from '../routines/routine.ts'

/** A routine as it stands. */
export interface RoutineState {
  readonly routine: KeptRoutine
  /** When it starts next; null while it is not due again or agentd does not know. */
  readonly nextRunAt: Date | null
  readonly running: boolean
}

/** What happens by itself. agentd's `routines/` provides it. */
export interface RoutinesPort {
  list(): readonly RoutineState[]
  /** Throws `already_exists`, `invalid_arguments` or `too_large`. */
  add(routine: Routine): Promise<RoutineState>
  /** Takes it away and answers with what it was. A run under way ends by itself. Throws `not_found`. */
  remove(name: string): Promise<KeptRoutine>
  /** Runs it now and waits. Throws `not_found`, or `busy` while it runs. */
  trigger(name: string, signal: AbortSignal): Promise<RunReport>
}
