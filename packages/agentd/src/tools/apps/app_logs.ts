import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { unitOf } from '../../apps/app.ts'
import { priorities } from '../../host/journal.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, momentField, truncatedField } from '../fields.ts'
import { parseMoment } from '../time.ts'
import { count, moment, oneLine } from '../words.ts'
import { nameField } from './fields.ts'

export const appLogs = defineTool({
  name: 'app_logs',
  title: 'Logs of an app',
  description: 'What an app wrote, and what systemd says of it: the newest entries; the cursor leads to older ones.',
  input: z.strictObject({
    name: nameField,
    since: momentField('Only entries from then on.').optional(),
    limit: limitField(500, 50, 'entries'),
    cursor: z
      .string()
      .regex(/^[A-Za-z0-9=;]{1,400}$/, 'must be a cursor from an earlier answer')
      .optional()
      .describe('From an earlier answer: goes on with older entries.'),
  }),
  output: z.strictObject({
    entries: z
      .array(
        z.strictObject({
          at: Timestamp,
          process: z.string().nullable(),
          priority: z.enum(priorities),
          message: z.string(),
        }),
      )
      .describe('Oldest first.'),
    truncated: truncatedField,
    cursor: z.string().nullable().describe('Pass this to get older entries; null when there are none.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 30_000 },
  resources: ({ name }) => [{ kind: 'app', id: name, access: 'read' }],
  taints: () => ['untrusted-text'],
  summary: ({ entries, truncated }, { name }) => {
    const newest = entries.at(-1)
    if (newest === undefined) return `The app ${name} wrote nothing.`
    const which = truncated ? 'The newest ' : ''
    return `${which}${count(entries.length, 'entry', 'entries')} of ${name}, the last at ${moment(newest.at)}: ${oneLine(newest.message)}`
  },
  run: async ({ name, since, limit, cursor }, { host, signal }) => {
    const clock = { now: new Date(), bootedAt: (await host.system.facts()).bootedAt }
    const page = await host.journal.query(
      {
        unit: unitOf(name),
        limit,
        ...(since === undefined ? {} : { since: parseMoment(since, clock) }),
        ...(cursor === undefined ? {} : { cursor }),
      },
      signal,
    )
    const shown = fitting(page.entries, readLimits.outputBytes)
    const truncated = page.more || shown.length < page.entries.length
    const entries = shown
      .map(({ at, process, priority, message }) => ({ at: at.toISOString(), process, priority, message }))
      .toReversed()
    return { entries, truncated, cursor: truncated ? (shown.at(-1)?.cursor ?? null) : null }
  },
})
