import { z } from 'zod'
import { scoreOf } from '../../host/hardening/hardening.ts'
import { defineTool, readLimits } from '../define.ts'
import { count, list } from '../words.ts'

const outcomes = ['pass', 'fail', 'unknown', 'not_applicable'] as const

export const hardeningScore = defineTool({
  name: 'hardening_score',
  title: 'Hardening score',
  description:
    'How hard this host is to take: SSH, accounts, sudo, firewall, exposed services, kernel settings, encryption. A score of ' +
    '0 to 100 and, for each check, what was found and what to do.',
  input: z.strictObject({
    outcome: z
      .enum(outcomes)
      .optional()
      .describe('Only checks that came out like this, e.g. "fail". The score counts all.'),
  }),
  output: z.strictObject({
    score: z
      .int()
      .min(0)
      .max(100)
      .nullable()
      .describe('Weight of what passed in what passed or failed; null if nothing could be judged.'),
    passed: z.int(),
    failed: z.int(),
    unknown: z.int().describe('Checks that agentd may not or cannot look at.'),
    checks: z.array(
      z.strictObject({
        id: z.string(),
        title: z.string(),
        outcome: z.enum(outcomes),
        weight: z.int().min(1).max(3).describe('3 opens the door, 2 helps whoever is inside, 1 is depth.'),
        found: z.string(),
        advice: z.string().nullable().describe('What to do; null where it did not fail.'),
      }),
    ),
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 60_000, perMinute: 30 },
  // What was found quotes names of processes and rules that others chose.
  taints: () => ['untrusted-text'],
  summary: ({ score, failed, unknown, checks }) => {
    if (score === null) return 'Nothing about this host could be judged.'
    const worst = checks
      .filter(({ outcome }) => outcome === 'fail')
      .toSorted((left, right) => right.weight - left.weight)
    const blind = unknown === 0 ? '' : ` ${count(unknown, 'check')} could not be made.`
    if (failed === 0) return `Hardening ${score} of 100: every check that could be made passed.${blind}`
    return `Hardening ${score} of 100; ${count(failed, 'check')} failed, first of all: ${list(
      worst.map(({ title }) => title),
      3,
    )}.${blind}`
  },
  run: async ({ outcome }, { host, signal }) => {
    const checked = await host.hardening.check(signal)
    const number = (wanted: string) => checked.filter(({ finding }) => finding.outcome === wanted).length
    const shown = checked.filter(({ finding }) => outcome === undefined || finding.outcome === outcome)
    return {
      score: scoreOf(checked),
      passed: number('pass'),
      failed: number('fail'),
      unknown: number('unknown'),
      checks: shown.map(({ check: { id, title, weight, advice }, finding }) => ({
        id,
        title,
        outcome: finding.outcome,
        weight,
        found: finding.found.slice(0, 1000),
        advice: finding.outcome === 'fail' ? advice : null,
      })),
    }
  },
})
