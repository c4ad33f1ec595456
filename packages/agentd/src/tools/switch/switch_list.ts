import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { Phase, SwitchId } from '../../switch/record.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { allLeftOut, count, moment } from '../words.ts'
import { viewOf } from './view.ts'

export const switchList = defineTool({
  name: 'switch_list',
  title: 'Switches',
  description:
    'The switches between systems that were made on this host, newest first, with how each ended, and the systems known to be bad.',
  input: z.strictObject({ limit: limitField(200, 20, 'switches'), offset: offsetField('switches') }),
  output: z.strictObject({
    switches: z.array(
      z.strictObject({
        id: SwitchId,
        phase: Phase,
        from: z.string(),
        to: z.string(),
        generation: z.int().nullable(),
        beganAt: Timestamp,
        enteredAt: Timestamp,
        outcome: z.string().nullable(),
      }),
    ),
    knownBad: z
      .array(z.strictObject({ path: z.string(), at: Timestamp, reason: z.string() }))
      .describe(
        'Systems that were rolled back from; they are not tried again unless somebody insists. At most 20 are shown.',
      ),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ switches: [newest], total, knownBad }, { offset }) => {
    if (total > 0 && newest === undefined) return allLeftOut(count(total, 'switch', 'switches'))
    if (newest === undefined) return 'No switch was made on this host yet.'
    const bad = knownBad.length === 0 ? '' : ` ${count(knownBad.length, 'system')} known to be bad.`
    return `${count(total, 'switch', 'switches')}; the newest${offset === 0 ? '' : ' shown'}, of ${moment(newest.beganAt)}, is ${newest.phase.replaceAll('_', ' ')}.${bad}`
  },
  taints: () => ['untrusted-text'],
  run: async ({ limit, offset }, { host }) => {
    const all = await host.switch.list()
    const switches = all.slice(offset, offset + limit).map((record) => {
      const { id, phase, from, to, beganAt, enteredAt, outcome } = viewOf(record)
      return { id, phase, from: from.path, to: to.path, generation: to.generation, beganAt, enteredAt, outcome }
    })
    const knownBad = host.switch.knownBad().slice(0, 20)
    return {
      switches,
      knownBad: knownBad.map(({ path, at, reason }) => ({ path, at, reason: reason.slice(0, 300) })),
      total: all.length,
      truncated: offset + switches.length < all.length,
    }
  },
})
