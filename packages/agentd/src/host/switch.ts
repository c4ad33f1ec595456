import type { CallId, LedgerActor } from '@castellan/contracts'
import type { KnownBad } from '../switch/known-bad.ts'
import type { SwitchId, SwitchPlan, SwitchRecord } from '../switch/record.ts'

/** What is to be switched to, and how. What a plan leaves out is as the owner configured it. */
export interface SwitchRequest {
  /** Store path of a built system. */
  readonly path: string
  /** Its generation, where it is one already. */
  readonly generation: number | null
  readonly reason: string
  readonly actor: LedgerActor
  readonly callId: CallId | null
  readonly plan: Partial<SwitchPlan>
  /** Try a system although it is known to be bad. */
  readonly force: boolean
}

export interface SwitchWatcher {
  /** Until activation begins an abort cancels the switch; from then on it goes on by itself. */
  readonly signal: AbortSignal
  /** Told of each step. */
  onStep(record: SwitchRecord): void
}

/** Switching between systems under guard. agentd's `switch/` provides it. */
export interface SwitchPort {
  /**
   * Begins a switch and answers when it is over, is staged for the next boot, or waits for a person. Throws
   * `unsupported_host`, `switch_refused` or `conflict` where nothing was begun.
   */
  begin(request: SwitchRequest, watcher: SwitchWatcher): Promise<SwitchRecord>
  /** What would stand in its way, and what a person should know. Changes nothing. */
  foresee(
    path: string,
    plan: Partial<SwitchPlan>,
  ): Promise<{ readonly refusals: readonly string[]; readonly effects: readonly string[] }>
  /** The switch that is not over; undefined where there is none. */
  current(): SwitchRecord | undefined
  status(id: SwitchId): Promise<SwitchRecord>
  /** Newest first. */
  list(): Promise<readonly SwitchRecord[]>
  knownBad(): readonly KnownBad[]
  /** A person's word that the new system is good. Throws `conflict` where none is waited for. */
  confirm(id: SwitchId | undefined, by: string, watcher: SwitchWatcher): Promise<SwitchRecord>
  /** Takes back the switch that is not over. Throws `conflict` where there is none, or it is being committed. */
  rollBack(id: SwitchId | undefined, by: string, watcher: SwitchWatcher): Promise<SwitchRecord>
}
