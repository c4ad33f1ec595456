import type { Phase, SwitchRecord } from './record.ts'

/** What a switch goes on to, why, and what changes in its record thereby. */
export interface Next {
  readonly phase: Phase
  readonly note: string
  readonly fields?: Partial<Omit<SwitchRecord, 'v' | 'id' | 'phase' | 'steps'>>
}

/** Longest note of a step, in characters; the record's schema allows a little more. */
const MOST = 1990

/** Ends in going back. Unless said otherwise the new system is to blame, and is not tried again. */
export function back(outcome: string, fields: Next['fields'] = {}): Next {
  const text = outcome.slice(0, MOST)
  return { phase: 'rolling_back', note: text, fields: { outcome: text, blamed: true, ...fields } }
}

/** Ends in going back because a script of SafeSwitch began to, without agentd. */
export function wentBack(by: string): Next {
  return by === 'dead-man'
    ? back("The dead man's switch went off.")
    : back(`The ${by} took it back without agentd.`, { blamed: false })
}

/** Ends before anything was changed. */
export function refused(reason: string): Next {
  const outcome = `Refused: ${reason}.`.slice(0, MOST)
  return { phase: 'refused', note: outcome, fields: { outcome } }
}

/** Ends with somebody having to look. */
export function failed(outcome: string): Next {
  const text = outcome.slice(0, MOST)
  return { phase: 'rollback_failed', note: text, fields: { outcome: text } }
}
