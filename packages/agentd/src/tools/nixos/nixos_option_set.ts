import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { optionName, optionPath } from '../../host/nixos/options.ts'
import { defineTool } from '../define.ts'
import { textField } from '../fields.ts'
import { switchLimits } from '../switch/plan.ts'
import { canonical, optionField, shown } from './option_fields.ts'
import { changeOption, previewChange, revertChange, revertChangePreview, setOption } from './set_option.ts'

const applyField = z
  .boolean()
  .default(true)
  .describe('Build the system and switch to it under guard. With false it waits for the next build. Default true.')
const reasonField = textField(1000).default('').describe('Why, for the history and the person who is asked.')

/** What both tools answer, and what else sets an option through the overlay. */
export const Changed = z.strictObject({
  option: z.string(),
  valueBefore: z.unknown().describe('What the overlay had it set to; null where it did not set it.'),
  value: z.unknown(),
  overlayFile: z.string(),
  applied: z
    .enum(['no', 'committed', 'staged', 'confirming', 'nothing_to_do'])
    .describe('no: at the next build; otherwise how the switch stands. nothing_to_do: the system was so already.'),
  switchId: z.string().nullable(),
})
type Changed = z.infer<typeof Changed>

export const how: Readonly<Record<Changed['applied'], string>> = {
  no: 'It takes effect with the next build and switch.',
  committed: 'The system was built, switched to and committed.',
  staged: 'The system was built and waits for the next boot.',
  confirming: 'The system was built and switched to; it waits for a person to confirm it.',
  nothing_to_do: 'The system was so already.',
}

/** A word beside what `revert` and policy need, which both tools share. */
const shared = {
  output: Changed,
  effect: 'change',
  undo: 'generation',
  limits: switchLimits,
  revert: revertChange,
  revertPreview: revertChangePreview,
} as const

export const nixosOptionSet = defineTool({
  ...shared,
  name: 'nixos_option_set',
  title: 'Set a NixOS option',
  description:
    "Sets a NixOS option through the typed overlay, never in the owner's files. The value is held against the option's type before anything is built; then the system is built and switched to under guard.",
  input: z.strictObject({
    option: optionField,
    value: z.json().describe('The value as JSON: true, 80, "text", a list, an object.'),
    apply: applyField,
    reason: reasonField,
  }),
  summary: ({ option, value, applied }) => `Set ${option} to ${shown(value)}. ${how[applied]}`,
  resources: ({ option }) => [{ kind: 'option', id: canonical(option), access: 'write' }],
  preview: ({ option, value, apply }, context) => previewChange({ path: optionPath(option), value, apply }, context),
  run: async ({ option, value, apply, reason }, context) => {
    return { ...(await setOption({ path: optionPath(option), value, apply, reason }, context)) }
  },
})

export const nixosOptionUnset = defineTool({
  ...shared,
  name: 'nixos_option_unset',
  title: 'Unset a NixOS option',
  description:
    "Takes an option out of the overlay, so that the owner's own files decide about it again; then the system is built and switched to under guard.",
  input: z.strictObject({ option: optionField, apply: applyField, reason: reasonField }),
  summary: ({ option, applied }) => `${option} is no longer set by the overlay. ${how[applied]}`,
  resources: ({ option }) => [{ kind: 'option', id: canonical(option), access: 'write' }],
  preview: async ({ option, apply }, context) =>
    previewChange({ path: optionPath(option), value: undefined, apply }, context),
  run: async ({ option, apply, reason }, context) => {
    const path = optionPath(option)
    if ((await context.host.nixos.overlay.find(path)) === undefined) {
      throw new CastellanError(
        'not_found',
        `The overlay does not set ${optionName(path)}; nixos_overlay_read shows what it sets.`,
      )
    }
    return { ...(await changeOption({ path, value: undefined, apply, reason }, context)) }
  },
})
