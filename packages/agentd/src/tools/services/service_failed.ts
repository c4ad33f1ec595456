import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { count, list, moment } from '../words.ts'

/** Each failed service is asked about by itself; a host with more than this many has one cause to look for. */
const MOST_SHOWN = 25

export const serviceFailed = defineTool({
  name: 'service_failed',
  title: 'Failed services',
  description: 'Which services failed, since when and how they ended. Empty when none did.',
  input: z.strictObject({}),
  output: z.strictObject({
    services: z.array(
      z.strictObject({
        unit: z.string(),
        description: z.string(),
        since: Timestamp.nullable(),
        result: z.string().nullable().describe('How it ended: exit-code, signal, timeout, …'),
        exitStatus: z.number().nullable(),
      }),
    ),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ services, total }) => {
    if (total === 0) return 'No service failed.'
    const shown = services.map(({ unit, since, result, exitStatus }) => {
      const how = exitStatus === null ? (result ?? 'unknown reason') : `${result}, exit status ${exitStatus}`
      return `${unit} (${how}${since === null ? '' : `, since ${moment(since)}`})`
    })
    return `${count(total, 'service')} failed: ${list(shown)}.`
  },
  run: async (_input, { host, signal }) => {
    const failed = (await host.systemd.services(signal)).filter(({ activeState }) => activeState === 'failed')
    const services = []
    for (const { unit, description } of failed.slice(0, MOST_SHOWN)) {
      const { since, result, exitStatus } = await host.systemd.unit(unit, signal)
      services.push({ unit, description, since: since?.toISOString() ?? null, result, exitStatus })
    }
    return { services, total: failed.length, truncated: services.length < failed.length }
  },
})
