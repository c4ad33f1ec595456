import type { Decision } from './journal.ts'
import type { Next } from './next.ts'
import type { SwitchRecord } from './record.ts'

/** What agentd finds when it starts and a switch is not over. */
export interface Found {
  /** The boot is the one in which the phase was entered. */
  readonly sameBoot: boolean
  /** Store path of the system that runs. */
  readonly running: string
  readonly decision: Decision | undefined
  /** Who took the way back while agentd was away: `dead-man` or `operator`; undefined where nobody did. */
  readonly wentBack: string | undefined
}

/**
 * Where a switch goes on after agentd ended in the middle of it: null to go on where it stood. A pure function, so that
 * every case can be tried. The rule behind all cases: a boot into the old system is a rollback, and nothing becomes final
 * that was not judged in one go.
 */
export function resumeFrom(record: SwitchRecord, { sameBoot, running, decision, wentBack }: Found): Next | null {
  const { phase, to } = record
  const back = (outcome: string, blame = false): Next => ({
    phase: 'rolling_back',
    note: outcome,
    fields: { outcome, blamed: blame, rebooted: !sameBoot },
  })
  const whileAway =
    wentBack === 'dead-man'
      ? back("agentd was away, and the dead man's switch went off.", true)
      : back(`It was taken back by the ${wentBack ?? 'operator'} while agentd was away.`)
  if (phase === 'committed') return wentBack === undefined ? null : whileAway
  if (phase === 'rolling_back')
    return sameBoot ? null : back(record.outcome ?? 'It was being taken back.', record.blamed)
  if (decision === 'rollback' || wentBack !== undefined) return whileAway
  if (sameBoot) return null
  if (phase === 'staged' || phase === 'staging') {
    return running === to.path
      ? { phase: 'activated', note: 'The host booted into the new system.' }
      : back('The host booted into the old system, not into the staged one.')
  }
  if (phase === 'committing') {
    return running === to.path
      ? null
      : back('The host restarted before the commit was written, and came up with the old system.')
  }
  return back('The host restarted before the new system was committed.')
}
