import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { priorities } from '../../host/journal.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, momentField, truncatedField, unitField } from '../fields.ts'
import { parseMoment } from '../time.ts'
import { count, list, moment } from '../words.ts'
import { unitName, unitOrJournal } from './units.ts'

export const journalQuery = defineTool({
  name: 'journal_query',
  title: 'Journal query',
  description:
    'Entries of the systemd journal: of one unit, of a severity and worse, of a span of time, or matching an expression. ' +
    'Shows the newest that match; the cursor leads to older ones.',
  input: z.strictObject({
    unit: unitField.optional(),
    priority: z
      .enum(priorities)
      .optional()
      .describe('This severity and worse, e.g. "err" for errors, "warning" for warnings too.'),
    since: momentField('Only entries from then on.').optional(),
    until: momentField('Only entries up to then.').optional(),
    grep: z
      .string()
      .min(1)
      .max(200)
      .refine((text) => !text.includes('\0'), 'must not contain a NUL character')
      .optional()
      .describe(
        'Only messages that match this Perl-compatible expression, e.g. "timed out". Case matters only if it has capitals.',
      ),
    limit: limitField(500, 50, 'entries'),
    cursor: z
      .string()
      .regex(/^[A-Za-z0-9=;]{1,400}$/, 'must be a cursor from an earlier answer')
      .optional()
      .describe('From an earlier answer: goes on with older entries.'),
    boot: z.int().min(-1000).max(0).optional().describe('Only this boot: 0 the present one, -1 the one before.'),
  }),
  output: z.strictObject({
    entries: z
      .array(
        z.strictObject({
          at: Timestamp,
          unit: z.string().nullable(),
          process: z.string().nullable(),
          pid: z.int().nullable(),
          priority: z.enum(priorities),
          message: z.string(),
        }),
      )
      .describe('Oldest first.'),
    truncated: truncatedField,
    restricted: z.boolean().describe('Whether agentd may read only its own entries here, so that there may be others.'),
    cursor: z.string().nullable().describe('Pass this to get older entries; null when there are none.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 30_000 },
  summary: ({ entries, truncated, restricted }, { unit, priority, since, grep }) => {
    const which = [
      priority === undefined ? '' : ` of priority ${priority} or worse`,
      unit === undefined ? '' : ` from ${unit}`,
      grep === undefined ? '' : ` matching ${JSON.stringify(grep)}`,
      since === undefined ? '' : ` since ${since}`,
    ].join('')
    const newest = entries.at(-1)
    const partial = restricted
      ? ' Only its own entries may be read by agentd here: it needs root or the group systemd-journal to see all.'
      : ''
    if (newest === undefined) return `The journal has no entries${which}.${partial}`
    const sources = mostFrequent(entries.map((entry) => entry.unit ?? entry.process ?? 'the system'))
    const more = truncated ? ' There are older ones.' : ''
    return `${truncated ? 'The newest ' : ''}${count(entries.length, 'entry', 'entries')}${which}, the last at ${moment(newest.at)}: ${list(sources)}.${more}${partial}`
  },
  resources: ({ unit }, host) => unitOrJournal(unit, host),
  taints: ({ entries }) => (entries.length === 0 ? [] : ['untrusted-text']),
  run: async ({ unit, since, until, ...query }, { host, signal }) => {
    const clock = { now: new Date(), bootedAt: (await host.system.facts()).bootedAt }
    const page = await host.journal.query(
      {
        ...query,
        ...(unit === undefined ? {} : { unit: await unitName(host, unit, signal) }),
        ...(since === undefined ? {} : { since: parseMoment(since, clock) }),
        ...(until === undefined ? {} : { until: parseMoment(until, clock) }),
      },
      signal,
    )
    const shown = fitting(page.entries, readLimits.outputBytes)
    const truncated = page.more || shown.length < page.entries.length
    const entries = shown.map(({ cursor: _, at, ...entry }) => ({ at: at.toISOString(), ...entry })).reverse()
    return {
      entries,
      truncated,
      restricted: page.restricted,
      cursor: truncated ? (shown.at(-1)?.cursor ?? null) : null,
    }
  },
})

/** `nginx.service 12, sshd.service 3`: who said how much, the loudest first. */
function mostFrequent(names: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort((left, right) => right[1] - left[1]).map(([name, number]) => `${number} from ${name}`)
}
