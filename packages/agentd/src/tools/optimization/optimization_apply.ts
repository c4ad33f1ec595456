import { CastellanError, type PreviewContext } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/index.ts'
import { optionPath } from '../../host/nixos/options.ts'
import type { Look, OptionValue, Rule } from '../../optimization/rule.ts'
import { rules, survey } from '../../optimization/survey.ts'
import { defineTool } from '../define.ts'
import { Changed, how } from '../nixos/nixos_option_set.ts'
import { canonical } from '../nixos/option_fields.ts'
import { previewChange, revertChange, revertChangePreview, setOption } from '../nixos/set_option.ts'
import { switchLimits } from '../switch/plan.ts'

const ids = rules.map(({ id }) => id) as [string, ...string[]]

export const optimizationApply = defineTool({
  name: 'optimization_apply',
  title: 'Apply a suggestion',
  description:
    'Sets the option of one suggestion of optimization_suggest, as nixos_option_set does: typed, in the overlay, built and switched to under guard. Looks again first.',
  input: z.strictObject({
    id: z.enum(ids).describe('Id of the suggestion, as optimization_suggest shows it.'),
    apply: z
      .boolean()
      .default(true)
      .describe('Build the system and switch to it under guard. With false it waits for the next build. Default true.'),
  }),
  output: Changed.extend({ id: z.string(), evidence: z.string() }),
  effect: 'change',
  undo: 'generation',
  limits: switchLimits,
  summary: ({ id, option, value, applied }) => `${id}: set ${option} to ${JSON.stringify(value)}. ${how[applied]}`,
  resources: ({ id }) => [{ kind: 'option', id: canonical(ruleOf(id).option), access: 'write' }],
  taints: () => ['untrusted-text'],
  preview: async ({ id, apply }, context) => {
    const rule = ruleOf(id)
    const { look, value } = await prepared(rule, context)
    const preview = await previewChange({ path: optionPath(rule.option), value, apply }, context)
    return { ...preview, effects: [`${rule.title}. ${look.evidence}`, `Cost: ${rule.cost}`, ...preview.effects] }
  },
  run: async ({ id, apply }, context) => {
    const rule = ruleOf(id)
    context.progress({ message: 'looking at the host' })
    const { look, value } = await prepared(rule, context)
    const reason = `${rule.title}. ${look.evidence}`.slice(0, 1000)
    const changed = await setOption({ path: optionPath(rule.option), value, apply, reason }, context)
    return { ...changed, id, evidence: look.evidence }
  },
  revert: revertChange,
  revertPreview: revertChangePreview,
})

/** What the rule finds now, and the value it would set. Throws `conflict` where it suggests nothing, or is set already. */
async function prepared(
  rule: Rule,
  { host, signal }: PreviewContext<Host>,
): Promise<{ readonly look: Look; readonly value: OptionValue }> {
  await host.nix.running()
  const [{ look } = { look: undefined }] = await survey(host, [rule], signal)
  if (look?.outcome !== 'suggest') {
    throw new CastellanError('conflict', `${rule.id} is not suggested for this host now: ${look?.evidence ?? ''}`)
  }
  const facts = await host.nixos.option(optionPath(rule.option), signal)
  const now = facts.kind === 'option' && facts.value.ok ? facts.value.value : undefined
  const value = rule.value(now)
  if (
    now === value ||
    (typeof now === 'string' && typeof value === 'string' && now.includes(rule.value('') as string))
  ) {
    throw new CastellanError(
      'conflict',
      `The configuration has ${rule.option} so already; the running system is another one. nixos_build and switch_begin bring it about.`,
    )
  }
  return { look, value }
}

function ruleOf(id: string): Rule {
  const rule = rules.find((candidate) => candidate.id === id)
  if (rule === undefined) throw new CastellanError('not_found', `There is no rule ${id}.`)
  return rule
}
