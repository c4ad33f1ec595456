import { z } from 'zod'
import { StorePath } from '../../switch/record.ts'
import { defineTool } from '../define.ts'
import { foreseen } from './foresee.ts'
import { makeSwitch, planFields, planOf, switchLimits } from './plan.ts'
import { switchBack, switchBackPreview } from './undo.ts'
import { SwitchView, sentenceOf } from './view.ts'

export const switchBegin = defineTool({
  name: 'switch_begin',
  title: 'Begin a switch',
  description:
    'Switches to a built NixOS system under guard: activates it, judges its health, and commits it or goes back by itself. generation_switch does this for a generation.',
  input: z.strictObject({
    path: StorePath.describe('The built system: a store path, as nixos_build answers it.'),
    activation: z
      .enum(['auto', 'live', 'boot'])
      .optional()
      .describe(
        '"auto" activates at once unless the system needs a boot, "live" refuses then, "boot" waits for the next boot.',
      ),
    ...planFields,
  }),
  output: SwitchView,
  effect: 'change',
  undo: 'generation',
  limits: switchLimits,
  summary: sentenceOf,
  resources: ({ path }) => [{ kind: 'generation', id: path, access: 'write' }],
  preview: (input, context) => {
    const activation = input.activation === undefined ? {} : { activation: input.activation }
    return foreseen(input.path, { ...planOf(input), ...activation }, context)
  },
  run: ({ path, ...plan }, context) => makeSwitch({ path, generation: null }, plan, context),
  revert: switchBack,
  revertPreview: switchBackPreview,
})
