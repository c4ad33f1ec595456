import { CastellanError, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { type JournalPage, type JournalQuery, priorities } from '../../host/journal.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, momentField, offsetField, truncatedField, unitField } from '../fields.ts'
import { parseMoment } from '../time.ts'
import { count, list, moment, oneLine, sentence } from '../words.ts'
import { groupMessages } from './shapes.ts'
import { unitName, unitOrJournal } from './units.ts'

/** Entries looked at in one call: some seconds of work, and enough to see what keeps coming. */
const MOST_ENTRIES = 5000
const MOST_EXAMPLE_CHARACTERS = 500

export const journalErrors = defineTool({
  name: 'journal_errors',
  title: 'Errors in the journal',
  description:
    'What went wrong, counted: the errors in the journal grouped by source and message, numbers and addresses aside, ' +
    'the most frequent first. Of the last 24 hours unless told.',
  input: z.strictObject({
    unit: unitField.optional(),
    priority: z
      .enum(priorities)
      .default('err')
      .describe('This severity and worse, e.g. "warning" for warnings too. Default err.'),
    since: momentField('Only entries from then on. Default 24 hours.').default('24 hours'),
    until: momentField('Only entries up to then.').optional(),
    limit: limitField(100, 20, 'groups'),
    offset: offsetField('groups'),
  }),
  output: z.strictObject({
    groups: z.array(
      z.strictObject({
        source: z.string().describe('The unit, else the program.'),
        shape: z.string().describe('The message, with what differs from time to time written as ….'),
        example: z.string().describe('The newest of them; at most 500 characters.'),
        count: z.int(),
        priority: z.enum(priorities).describe('The worst among them.'),
        firstAt: Timestamp,
        lastAt: Timestamp,
      }),
    ),
    total: z.int().describe('How many groups there are, shown or not.'),
    entries: z.int().describe('How many entries were looked at, the newest first.'),
    complete: z
      .boolean()
      .describe(`False where there are more than ${MOST_ENTRIES} entries; then older ones were not looked at.`),
    restricted: z.boolean().describe('Whether agentd may read only its own entries here, so that there may be others.'),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 30_000 },
  summary: ({ groups, total, entries, complete, restricted }, { priority, unit, since }) => {
    const partial = restricted
      ? ' Only its own entries may be read by agentd here: it needs root or the group systemd-journal to see all.'
      : ''
    const kind = priority === 'err' ? 'error' : `entry of priority ${priority} or worse`
    const kinds = priority === 'err' ? 'errors' : `entries of priority ${priority} or worse`
    const where = `${unit === undefined ? '' : ` from ${unit}`} since ${since}`
    if (entries === 0) return `There are no ${kinds}${where}.${partial}`
    const top = groups.slice(0, 3).map(({ source, shape, count: times, lastAt }) => {
      return `${source} "${oneLine(shape, 100)}" ${times === 1 ? 'once' : `${times} times`}, last at ${moment(lastAt)}`
    })
    const more = complete ? '' : ' There are older ones that were not counted.'
    return `${sentence(count(entries, kind, kinds))}${where} in ${count(total, 'group')}: ${list(top)}.${more}${partial}`
  },
  resources: ({ unit }, host) => unitOrJournal(unit, host),
  taints: ({ groups }) => (groups.length === 0 ? [] : ['untrusted-text']),
  run: async ({ unit, priority, since, until, limit, offset }, { host, signal }) => {
    const clock = { now: new Date(), bootedAt: (await host.system.facts()).bootedAt }
    const query = {
      priority,
      since: parseMoment(since, clock),
      ...(until === undefined ? {} : { until: parseMoment(until, clock) }),
      ...(unit === undefined ? {} : { unit: await unitName(host, unit, signal) }),
    }
    const page = await newest(host, query, signal)
    const all = groupMessages(page.entries)
    const shown = all.slice(offset, offset + limit).map(({ first, last, example, ...group }) => ({
      ...group,
      example: example.slice(0, MOST_EXAMPLE_CHARACTERS),
      firstAt: first.toISOString(),
      lastAt: last.toISOString(),
    }))
    const groups = fitting(shown, readLimits.outputBytes)
    return {
      groups,
      total: all.length,
      entries: page.entries.length,
      complete: !page.more,
      restricted: page.restricted,
      truncated: offset + groups.length < all.length,
    }
  },
})

/** As many of the newest as can be had. Whoever writes very long messages must not keep the others from being seen. */
async function newest(host: Host, query: Omit<JournalQuery, 'limit'>, signal: AbortSignal): Promise<JournalPage> {
  for (const limit of [MOST_ENTRIES, MOST_ENTRIES / 10]) {
    try {
      return await host.journal.query({ ...query, limit }, signal)
    } catch (error) {
      const { overflowed } = (error instanceof CastellanError && (error.detail as { overflowed?: boolean })) || {}
      if (overflowed !== true) throw error
    }
  }
  return host.journal.query({ ...query, limit: MOST_ENTRIES / 100 }, signal)
}
