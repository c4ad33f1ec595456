import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/index.ts'
import { defineTool } from '../define.ts'
import { foreseen } from '../switch/foresee.ts'
import { makeSwitch, planFields, planOf, switchLimits } from '../switch/plan.ts'
import { switchBack, switchBackPreview } from '../switch/undo.ts'
import { SwitchView, sentenceOf } from '../switch/view.ts'

export const generationSwitch = defineTool({
  name: 'generation_switch',
  title: 'Switch to a generation',
  description:
    'Switches to a NixOS generation under guard (SafeSwitch): activates it, judges its health, and commits it or goes back by itself.',
  input: z.strictObject({
    number: z.int().min(1).max(999_999_999).describe('The generation, as generation_list shows it.'),
    ...planFields,
  }),
  output: SwitchView,
  effect: 'change',
  undo: 'generation',
  limits: switchLimits,
  summary: sentenceOf,
  resources: ({ number }) => [{ kind: 'generation', id: String(number), access: 'write' }],
  preview: async ({ number, ...plan }, context) => {
    const { path } = await context.host.nix.generation(number, context.signal)
    return foreseen(path, planOf(plan), context)
  },
  run: async ({ number, ...plan }, context) => {
    const { path } = await context.host.nix.generation(number, context.signal)
    return makeSwitch({ path, generation: number }, plan, context)
  },
  revert: switchBack,
  revertPreview: switchBackPreview,
})

export const generationRollback = defineTool({
  name: 'generation_rollback',
  title: 'Go back a generation',
  description:
    'Switches to the generation before the current one, under guard (SafeSwitch). generation_switch names one instead.',
  input: z.strictObject(planFields),
  output: SwitchView,
  effect: 'change',
  undo: 'generation',
  limits: switchLimits,
  summary: sentenceOf,
  resources: async (_input, host) => {
    const { number } = await before(host, AbortSignal.timeout(5000))
    return [{ kind: 'generation', id: String(number), access: 'write' }]
  },
  preview: async (plan, context) => foreseen((await before(context.host, context.signal)).path, planOf(plan), context),
  run: async (plan, context) => {
    const { path, number } = await before(context.host, context.signal)
    return makeSwitch({ path, generation: number }, plan, context)
  },
  revert: switchBack,
  revertPreview: switchBackPreview,
})

/** The newest generation older than the current one that is another system, and not one that was rolled back from. Throws `not_found`. */
async function before(host: Host, signal: AbortSignal) {
  const all = await host.nix.generations(signal)
  const current = all.find((generation) => generation.current)
  const bad = new Set(host.switch.knownBad().map((system) => system.path))
  const older = all.find(
    ({ number, path }) => number < (current?.number ?? 0) && path !== current?.path && !bad.has(path),
  )
  if (older !== undefined) return older
  throw new CastellanError(
    'not_found',
    `There is no generation before ${current?.number ?? 'the current one'} that could be gone back to.`,
  )
}
