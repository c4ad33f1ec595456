import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list, moment, sentence } from '../words.ts'

export const timerList = defineTool({
  name: 'timer_list',
  title: 'Timers',
  description:
    'The systemd timers of this host: what each starts, when it fires next and when it fired last. The next to fire comes first.',
  input: z.strictObject({
    name: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('Only timers with this in their name or in that of what they start, e.g. "backup".'),
    limit: limitField(200, 50, 'timers'),
    offset: offsetField('timers'),
  }),
  output: z.strictObject({
    timers: z.array(
      z.strictObject({
        timer: z.string(),
        unit: z.string().describe('What it starts.'),
        next: Timestamp.nullable().describe('Null where it will not fire again by itself.'),
        last: Timestamp.nullable().describe('Null where it has not fired since the boot, or ever.'),
      }),
    ),
    matching: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ timers, matching, truncated }, { name }) => {
    const called = name === undefined ? '' : ` with ${JSON.stringify(name)} in its name`
    if (matching === 0) return `There is no timer${called}.`
    const shown = timers.map(({ timer, next }) => `${timer} (${next === null ? 'not again' : moment(next)})`)
    return `${sentence(count(matching, 'timer'))}${called}${truncated ? ', among them' : ''}, by when they fire next: ${list(shown)}.`
  },
  run: async ({ name, limit, offset }, { host, signal }) => {
    const wanted = name?.toLowerCase()
    const matching = (await host.systemd.timers(signal)).filter(
      ({ timer, unit }) => wanted === undefined || `${timer}\n${unit}`.toLowerCase().includes(wanted),
    )
    const shown = matching.slice(offset, offset + limit).map(({ next, last, ...timer }) => ({
      ...timer,
      next: next?.toISOString() ?? null,
      last: last?.toISOString() ?? null,
    }))
    const timers = fitting(shown, readLimits.outputBytes)
    return { timers, matching: matching.length, truncated: offset + timers.length < matching.length }
  },
})
