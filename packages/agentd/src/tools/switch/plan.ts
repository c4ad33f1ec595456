import type { ToolContext, ToolLimits } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/index.ts'
import { CallerCheck } from '../../switch/checks/check.ts'
import { Confirm, type SwitchPlan, type SwitchRecord } from '../../switch/record.ts'
import { textField } from '../fields.ts'
import { orThrow, progressOf, type SwitchView } from './view.ts'

/** Activation, probation and a person's word can take long; past this the switch goes on by itself. */
export const switchLimits: ToolLimits = { timeoutMs: 4 * 3_600_000, outputBytes: 64 * 1024, perMinute: 30 }

const seconds = (most: number) => z.int().min(1).max(most).optional()

/** How a switch is to be made, for every tool that makes one. */
export const planFields = {
  reason: textField(1000).default('').describe('Why, for the ledger and the person who is asked.'),
  confirm: Confirm.optional().describe(
    'Whose word commits: "health" its checks alone, "operator" a person, "both". Default as configured, usually health.',
  ),
  probationSeconds: seconds(86_400).describe('How long its checks must hold. Default as configured, usually 60.'),
  confirmSeconds: seconds(86_400).describe('How long a person has to confirm. Default as configured, usually 600.'),
  checks: z
    .array(CallerCheck)
    .max(20)
    .default([])
    .describe('Checks beside the configured ones: that a unit is active, that a port or page of this host answers.'),
  force: z.boolean().default(false).describe('Try a system again that was rolled back from.'),
}

export const planSchema = z.strictObject(planFields)
export type PlanInput = z.infer<typeof planSchema>

export function planOf({ confirm, probationSeconds, confirmSeconds, checks }: PlanInput): Partial<SwitchPlan> {
  return {
    checks,
    ...(confirm === undefined ? {} : { confirm }),
    ...(probationSeconds === undefined ? {} : { probationSeconds }),
    ...(confirmSeconds === undefined ? {} : { confirmSeconds }),
  }
}

/** The system a switch leaves, as the outcome of the act keeps it: undoing switches back to it. */
export const WayBack = z.strictObject({ path: z.string(), generation: z.int().nullable(), left: z.string() })

/** Makes a switch, keeps the way back with the act, and answers how it stands. Throws unless it went as asked for. */
export async function makeSwitch(
  target: { readonly path: string; readonly generation: number | null },
  input: PlanInput & { readonly activation?: SwitchPlan['activation'] | undefined },
  context: ToolContext<Host>,
): Promise<SwitchView> {
  const { host, call, keepInverse, progress, signal } = context
  const from = await host.nix.running()
  await keepInverse({
    description: `Switches back to ${from.generation === null ? from.path : `generation ${from.generation}`}.`,
    data: { ...from, left: target.path } satisfies z.infer<typeof WayBack>,
  })
  const record = await host.switch.begin(
    {
      ...target,
      reason: input.reason,
      actor: { kind: call.caller, name: call.agent },
      callId: call.call_id,
      plan: { ...planOf(input), ...(input.activation === undefined ? {} : { activation: input.activation }) },
      force: input.force,
    },
    { signal, onStep: (step: SwitchRecord) => progress(progressOf(step)) },
  )
  return orThrow(record)
}
