import type { ContainmentAction } from '@castellan/contracts'
import type { AnswerOf, getRecovery } from '@castellan/contracts/api'
import { recovery as words } from '../strings/recovery.ts'

type Plan = AnswerOf<typeof getRecovery>

/** What a step will do, what it lifts and what stays as it is, in whole sentences for who confirms it. */
export function effectsOf(
  { incident }: Pick<Plan, 'incident'>,
  { step }: Pick<Plan['steps'][number], 'step'>,
  forced: boolean,
): readonly string[] {
  const own = liftedBy(step)
  const held = incident.containment.filter(({ state }) => state !== 'lifted' && state !== 'failed')
  const stays = held.filter(({ action }) => action !== own).map(({ action }) => words.stays[action])
  return [
    ...(step === 'cause' ? words.confirm.cause : []),
    ...(forced ? words.confirm.forced : []),
    ...(own === null ? [] : [words.lifts[own]]),
    ...(step === 'resolve' ? words.confirm.resolve : []),
    ...stays,
    words.confirm.onRecord,
  ]
}

function liftedBy(step: string): ContainmentAction | null {
  return step.startsWith('lift:') ? (step.slice('lift:'.length) as ContainmentAction) : null
}
