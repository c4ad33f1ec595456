import type { CallDifference, PolicyTrial } from '@castellan/contracts'
import { strictness } from '../../calls/decide.ts'
import type { PolicyDecision, PolicyQuestion } from '../policy.ts'
import type { PolicyKeeper } from '../policy-keeper.ts'
import type { Valid } from './job.ts'
import type { SameCalls } from './past-calls.ts'

/** What both policies say of one question. */
export interface Answer {
  readonly before: PolicyDecision
  readonly after: PolicyDecision
}

/** Ids of the rules that come, change and go. */
export function rulesThatChange({ rules }: PolicyKeeper, verdict: Valid): PolicyTrial['rules'] {
  const before = new Map(rules.map(({ id, text }) => [id, text]))
  const after = new Map(verdict.rules.map(({ id, text }) => [id, text]))
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    changed: [...after].filter(([id, text]) => before.has(id) && before.get(id) !== text).map(([id]) => id),
    removed: [...before.keys()].filter((id) => !after.has(id)),
  }
}

/** What changes for calls that are all the same; nothing where as much is asked as before. */
export function differenceIn(
  { newest, times }: SameCalls,
  { context, tool }: PolicyQuestion,
  { before, after }: Answer,
): CallDifference[] {
  if (strictness(before) === strictness(after)) return []
  const { index, caller, agent } = newest
  const { mode, taint } = context
  return [
    {
      ...{ index, times, caller, agent, mode, taint: [...taint], tool: tool.name as CallDifference['tool'] },
      before: shown(before),
      after: shown(after),
    },
  ]
}

function shown({ decision, rule, approvals }: PolicyDecision) {
  return { decision, rule, ...(approvals === undefined ? {} : { approvals }) }
}

export function shownKind({ tools, taint, ...kind }: Valid['kinds']['differences'][number]) {
  return { ...kind, tools: [...tools], taint: [...taint] }
}
