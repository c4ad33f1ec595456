import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { duration, moment } from '../words.ts'

/** More than this between the two clocks is worth a word. */
const DRIFT_SECONDS = 5

export const timeStatus = defineTool({
  name: 'time_status',
  title: 'Time',
  description:
    'What time it is on this host: clock, time zone, whether the clock is held to a time source and by what, and the battery clock.',
  input: z.strictObject({}),
  output: z.strictObject({
    now: Timestamp,
    localTime: z.string().describe('In the zone of this host.'),
    timeZone: z.string(),
    utcOffsetMinutes: z.int().describe('East of Greenwich.'),
    synchronized: z.boolean().nullable().describe('Null where nobody on this host tells.'),
    service: z.string().nullable().describe('The service that keeps the clock right and runs.'),
    hardwareClock: Timestamp.nullable().describe('Null where there is none.'),
    hardwareClockAheadSeconds: z.int().nullable(),
    bootedAt: Timestamp,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ localTime, now, utcOffsetMinutes, timeZone, synchronized, service, hardwareClockAheadSeconds }) => {
    const keeper = service === null ? '' : ` by ${service}`
    const right =
      synchronized === null
        ? 'Nobody here tells whether that is right.'
        : synchronized
          ? `The clock is kept right${keeper}.`
          : `The clock is not held to a time source${service === null ? '' : ` yet, though ${service} runs`}.`
    const drift = Math.abs(hardwareClockAheadSeconds ?? 0)
    const battery =
      drift < DRIFT_SECONDS
        ? ''
        : ` The battery clock is ${duration(drift)} ${(hardwareClockAheadSeconds ?? 0) > 0 ? 'ahead' : 'behind'}.`
    return `It is ${localTime} in ${timeZone}${utcOffsetMinutes === 0 ? '' : ` (${moment(now)})`}. ${right}${battery}`
  },
  run: async (_input, { host, signal }) => {
    const [{ now, hardwareClock, ...clock }, { bootedAt }] = await Promise.all([
      host.system.clock(signal),
      host.system.facts(),
    ])
    const local = new Date(now.getTime() + clock.utcOffsetMinutes * 60_000)
    return {
      ...clock,
      now: now.toISOString(),
      localTime: local.toISOString().slice(0, 16).replace('T', ' '),
      hardwareClock: hardwareClock?.toISOString() ?? null,
      hardwareClockAheadSeconds:
        hardwareClock === null ? null : Math.round((hardwareClock.getTime() - now.getTime()) / 1000),
      bootedAt: bootedAt.toISOString(),
    }
  },
})
