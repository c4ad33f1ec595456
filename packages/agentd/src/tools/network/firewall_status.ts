import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { offsetField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'

/** Characters of rules in one answer. */
const MOST_CHARACTERS = 24_000
const MOST_CHAINS = 200

export const firewallStatus = defineTool({
  name: 'firewall_status',
  title: 'Firewall status',
  description:
    'The packet filter of this host (nftables, else iptables): its chains with hook, policy and number of rules, and the rules themselves.',
  input: z.strictObject({ offset: offsetField('characters of the rules') }),
  output: z.strictObject({
    backend: z.enum(['nftables', 'iptables']),
    filtering: z
      .boolean()
      .describe('Whether anything arriving at this host can be refused: input has rules, or drops by policy.'),
    chains: z.array(
      z.strictObject({
        family: z.string(),
        table: z.string(),
        name: z.string(),
        hook: z
          .string()
          .nullable()
          .describe('Where packets come by: input, forward, output, …; null for a chain that others jump to.'),
        policy: z.string().nullable().describe('What becomes of packets that no rule decides about.'),
        rules: z.int(),
      }),
    ),
    rules: z.string().describe('As nft or iptables-save write them, without counters.'),
    truncated: truncatedField,
    nextOffset: z.int().nullable().describe('Pass this as offset for more of the rules; null at the end.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ backend, filtering, chains }) => {
    if (chains.length === 0) return `The packet filter (${backend}) is empty: everything that listens can be reached.`
    const total = chains.reduce((sum, { rules }) => sum + rules, 0)
    const inputs = chains.filter(({ hook }) => hook === 'input')
    const input = inputs.map(
      ({ family, table, policy, rules }) =>
        `${family} ${table} ${policy ?? 'accept'}s what ${count(rules, 'rule')} ${rules === 1 ? 'does' : 'do'} not decide`,
    )
    const verdict = filtering ? `On input: ${list(input)}.` : 'Nothing filters what arrives at this host.'
    return `${backend} with ${count(chains.length, 'chain')} and ${count(total, 'rule')}. ${verdict}`
  },
  taints: ({ rules }) => (rules === '' ? [] : ['untrusted-text']),
  run: async ({ offset }, { host, signal }) => {
    const { backend, chains, text } = await host.network.firewall(signal)
    const rules = text.slice(offset, offset + MOST_CHARACTERS)
    const end = offset + rules.length
    const more = end < text.length
    return {
      backend,
      filtering: chains.some(({ hook, policy, rules }) => hook === 'input' && (rules > 0 || policy === 'drop')),
      chains: chains.slice(0, MOST_CHAINS),
      rules,
      truncated: more || chains.length > MOST_CHAINS,
      nextOffset: more ? end : null,
    }
  },
})
