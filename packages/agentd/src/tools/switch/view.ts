import { CastellanError, Timestamp, type ToolProgress } from '@castellan/contracts'
import { z } from 'zod'
import { isOver, Phase, SwitchId, type SwitchRecord } from '../../switch/record.ts'

/** A switch as tools show it. */
export const SwitchView = z.strictObject({
  id: SwitchId,
  phase: Phase.describe('Where it stands; committed, rolled_back, refused and rollback_failed are ends.'),
  over: z.boolean(),
  waitsFor: z
    .enum(['nothing', 'checks', 'person', 'boot'])
    .describe('What has to happen next: its checks pass, a person confirms, the host boots.'),
  outcome: z.string().nullable().describe('Why it ended, or is ending, as it did.'),
  reason: z.string(),
  from: z.strictObject({ path: z.string(), generation: z.int().nullable() }),
  to: z.strictObject({ path: z.string(), generation: z.int().nullable() }),
  beganAt: Timestamp,
  enteredAt: Timestamp.describe('When it entered its present phase.'),
  confirm: z.enum(['health', 'operator', 'both']),
  confirmedBy: z.string().nullable(),
  findings: z.array(z.strictObject({ check: z.string(), required: z.boolean(), message: z.string() })),
  notices: z.array(z.string()),
  steps: z.array(z.strictObject({ phase: Phase, at: Timestamp, note: z.string() })),
})
export type SwitchView = z.infer<typeof SwitchView>

export function viewOf(record: SwitchRecord): SwitchView {
  const { id, phase, outcome, reason, from, to, plan, confirmedBy, findings, notices, steps } = record
  const [first, last] = [steps[0], steps.at(-1)]
  return {
    id,
    phase,
    over: isOver(record),
    waitsFor: isOver(record) ? 'nothing' : phase === 'confirming' ? 'person' : phase === 'staged' ? 'boot' : 'checks',
    outcome,
    reason,
    from,
    to,
    beganAt: first?.at ?? '',
    enteredAt: last?.at ?? '',
    confirm: plan.confirm,
    confirmedBy,
    findings: [...findings],
    notices: [...notices],
    steps: [...steps],
  }
}

/** One sentence about where a switch stands. */
export function sentenceOf({ id, phase, outcome, to, steps }: SwitchView): string {
  const which = to.generation === null ? to.path : `generation ${to.generation}`
  const note = outcome ?? steps.at(-1)?.note ?? ''
  switch (phase) {
    case 'committed':
      return `Switch ${id} is committed: ${which} runs and is what boots.`
    case 'rolled_back':
      return `Switch ${id} was rolled back, and the old system runs as well as before. ${note}`
    case 'rollback_failed':
      return `Switch ${id} could not be rolled back cleanly: ${note}`
    case 'refused':
      return `Switch ${id} was refused before anything was changed. ${note}`
    case 'staged':
      return `Switch ${id} waits for the next boot. ${note}`
    case 'confirming':
      return `Switch ${id} passed its checks and waits for a person: switch_commit keeps it, switch_rollback takes it back.`
    default:
      return `Switch ${id} is at ${phase.replaceAll('_', ' ')}. ${note}`
  }
}

/** Throws for an end that is not what was asked for: a rollback is no success. */
export function orThrow(record: SwitchRecord): SwitchView {
  const view = viewOf(record)
  const codes = {
    rolled_back: 'switch_rolled_back',
    refused: 'switch_refused',
    rollback_failed: 'switch_rollback_failed',
  } as const
  if (view.phase in codes) {
    throw new CastellanError(codes[view.phase as keyof typeof codes], sentenceOf(view), { detail: view })
  }
  return view
}

/** From `built` to the commit. */
const STEPS = 9

export function progressOf({ steps }: SwitchRecord): ToolProgress {
  const step = steps.at(-1)
  const message = step === undefined ? '' : `${step.phase.replaceAll('_', ' ')}: ${step.note}`
  return { message: message.slice(0, 500), done: Math.min(steps.length, STEPS), total: STEPS }
}
