import { z } from 'zod'
import { optionPath } from '../../host/nixos/options.ts'
import { rules, survey } from '../../optimization/survey.ts'
import { defineTool, readLimits } from '../define.ts'
import { count, list, oneLine } from '../words.ts'

const Suggestion = z.strictObject({
  id: z.string().describe('optimization_apply takes it.'),
  title: z.string(),
  evidence: z.string(),
  figures: z.record(z.string(), z.number()).describe('What the evidence rests on, units in the names.'),
  option: z.string().describe('The NixOS option that brings it about.'),
  value: z.json().describe('What it would be set to; of text, what would be added.'),
  cost: z.string().describe('What it costs or may break.'),
  waiting: z
    .boolean()
    .describe('The overlay sets this option already; it waits for a build and switch, or did not help.'),
})

export const optimizationSuggest = defineTool({
  name: 'optimization_suggest',
  title: 'What would make this host run better',
  description:
    'Looks at this NixOS host by a fixed set of rules (store, journal, memory, SSDs, clock, firewall, SSH) and suggests options to set, each with evidence, figures and cost.',
  input: z.strictObject({
    all: z
      .boolean()
      .default(false)
      .describe('Also tell of what is fine and what could not be looked at. Default false.'),
  }),
  output: z.strictObject({
    suggestions: z.array(Suggestion),
    others: z.array(
      z.strictObject({
        id: z.string(),
        title: z.string(),
        outcome: z.enum(['fine', 'unknown', 'not_applicable']),
        found: z.string(),
      }),
    ),
    rules: z.int().describe('How many rules there are.'),
    unknown: z.int().describe('How many of them could not look.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 180_000, perMinute: 10 },
  resources: () => [{ kind: 'machine', id: 'optimization', access: 'read' }],
  // Evidence of the firewall and of SSH quotes names that others may have chosen.
  taints: ({ suggestions, others }) => (suggestions.length + others.length === 0 ? [] : ['untrusted-text']),
  summary: ({ suggestions, rules: all, unknown }) => {
    const blind = unknown === 0 ? '' : ` ${count(unknown, 'rule')} could not look.`
    if (suggestions.length === 0) return `None of ${all} rules has anything to suggest.${blind}`
    const named = suggestions.map(({ id, evidence }) => `${id} (${oneLine(evidence, 80).replace(/\.$/, '')})`)
    return `${count(suggestions.length, 'suggestion')}: ${list(named, 4)}.${blind}`
  },
  run: async ({ all }, { host, signal }) => {
    // Options are NixOS's: elsewhere there is nothing to set, and this says so.
    await host.nix.running()
    const surveyed = await survey(host, rules, signal)
    const set = new Set((await host.nixos.overlay.settings()).map(({ path }) => path.join('\u0000')))
    const suggestions = surveyed
      .filter(({ look }) => look.outcome === 'suggest')
      .map(({ rule: { id, title, option, value, cost }, look: { evidence, figures } }) => ({
        id,
        title,
        evidence,
        figures: { ...figures },
        option,
        value: value(undefined),
        cost,
        waiting: set.has(optionPath(option).join('\u0000')),
      }))
    const others = surveyed.flatMap(({ rule: { id, title }, look: { outcome, evidence } }) =>
      outcome === 'suggest' ? [] : [{ id, title, outcome, found: oneLine(evidence, 500) }],
    )
    return {
      suggestions,
      others: all ? others : [],
      rules: rules.length,
      unknown: others.filter(({ outcome }) => outcome === 'unknown').length,
    }
  },
})
