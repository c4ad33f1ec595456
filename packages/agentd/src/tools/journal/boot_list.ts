import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, duration, list, moment, sentence } from '../words.ts'

export const bootList = defineTool({
  name: 'boot_list',
  title: 'Boots',
  description:
    'When this host was started, as far as the journal goes back, the present boot first. The number is what journal_query takes ' +
    'as boot.',
  input: z.strictObject({ limit: limitField(200, 20, 'boots'), offset: offsetField('boots') }),
  output: z.strictObject({
    boots: z.array(
      z.strictObject({
        boot: z.int().describe('0 is the present boot, -1 the one before.'),
        id: z.string(),
        firstEntryAt: Timestamp,
        lastEntryAt: Timestamp.describe('Of an earlier boot: about when it ended.'),
        seconds: z.number().min(0).describe('From the first entry to the last.'),
      }),
    ),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ boots, total }) => {
    if (total === 0) return 'The journal remembers no boot.'
    const shown = boots.map(({ firstEntryAt, boot, seconds }) => {
      return `${moment(firstEntryAt)} (${boot === 0 ? 'the present one' : `it ran ${duration(seconds)}`})`
    })
    return `${sentence(count(total, 'boot'))} in the journal: ${list(shown, 4)}.`
  },
  run: async ({ limit, offset }, { host, signal }) => {
    const all = await host.journal.boots(signal)
    const shown = all.slice(offset, offset + limit).map(({ firstEntry, lastEntry, ...boot }) => ({
      ...boot,
      firstEntryAt: firstEntry.toISOString(),
      lastEntryAt: lastEntry.toISOString(),
      seconds: Math.max(0, Math.round((lastEntry.getTime() - firstEntry.getTime()) / 1000)),
    }))
    const boots = fitting(shown, readLimits.outputBytes)
    return { boots, total: all.length, truncated: offset + boots.length < all.length }
  },
})
