import type { Schedule } from './schedule.ts'

/** One call of a routine. */
export interface RoutineCall {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
}

/** As the tool `routine_list` answers. */
export interface RoutineView {
  readonly name: string
  readonly description: string
  /** In words, as agentd has them. */
  readonly timing: string
  readonly schedule: Schedule
  readonly calls: readonly RoutineCall[]
  readonly catchUp: 'once' | 'skip'
  readonly onFailure: 'stop' | 'continue'
  readonly jitterSeconds: number
  readonly agreed: boolean
  readonly declared: boolean
  readonly createdBy: string
  readonly createdAt: string
  readonly nextRunAt: string | null
  readonly running: boolean
}

/** As the tool `routine_history` answers. */
export interface Run {
  /** Its ledger number. */
  readonly index: number
  readonly at: string
  readonly routine: string
  readonly trigger: string | null
  readonly ok: boolean
  readonly skipped: string | null
  readonly code: string | null
  readonly failedCalls: number
  readonly durationMs: number | null
  readonly session: string | null
}

export interface RunPage {
  readonly runs: readonly Run[]
  readonly truncated: boolean
  readonly nextBefore: number | null
}

/** As the tool `watcher_list` answers. */
export interface WatcherView {
  readonly name: string
  readonly description: string
  readonly check: string
  readonly everySeconds: number
  readonly failures: number
  readonly graceSeconds: number
  readonly ladder: readonly string[]
  readonly agreed: boolean
  readonly declared: boolean
  readonly createdBy: string
  readonly state: 'unknown' | 'healthy' | 'failing' | 'escalated'
  readonly since: string
  readonly failedLooks: number
  readonly stepsTaken: number
  readonly message: string
}
