import { CastellanError, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { type LoadSample, SAMPLE_SECONDS } from '../../host/load-history.ts'
import { defineTool, readLimits } from '../define.ts'
import { momentField, percentField } from '../fields.ts'
import { parseMoment } from '../time.ts'
import { count, duration, moment } from '../words.ts'

const Range = z.strictObject({ average: z.number().min(0), highest: z.number().min(0) })
type Range = z.infer<typeof Range>

export const loadHistory = defineTool({
  name: 'load_history',
  title: 'Load history',
  description:
    'How busy the machine was over time: processor, load, memory and swap, as agentd itself sampled them once a minute and keeps ' +
    'them for two weeks. Of the last 24 hours unless told.',
  input: z.strictObject({
    since: momentField('From then on. Default 24 hours.').default('24 hours'),
    until: momentField('Up to then. Default now.').optional(),
    points: z
      .int()
      .min(1)
      .max(200)
      .default(24)
      .describe('Into how many equal spans to divide that time, 1 to 200. Default 24.'),
  }),
  output: z.strictObject({
    since: Timestamp,
    until: Timestamp,
    spanSeconds: z.number().describe('Length of one span.'),
    sampleSeconds: z.int().describe('How often a sample is taken.'),
    samples: z.int(),
    coveredPercent: percentField.describe('How much of that time was sampled; agentd may not have run in the rest.'),
    spans: z
      .array(
        z.strictObject({
          from: Timestamp,
          samples: z.int(),
          cpuPercent: Range.nullable().describe(
            'Of all cores; null where only the first sample after a start is in it.',
          ),
          load: Range.describe('Load average over one minute.'),
          memoryPercent: Range,
          swapPercent: Range,
        }),
      )
      .describe('Oldest first; spans without any sample are left out.'),
    busiest: z
      .strictObject({ at: Timestamp, load: z.number(), cpuPercent: percentField.nullable() })
      .nullable()
      .describe('The sample with the highest load.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ spans, samples, busiest, since, until, coveredPercent }) => {
    const time = duration((Date.parse(until) - Date.parse(since)) / 1000)
    if (samples === 0 || busiest === null) {
      return `Nothing was sampled in that time (${time}): agentd takes a sample once a minute while it runs.`
    }
    const whole = (pick: (span: (typeof spans)[number]) => Range | null) =>
      merge(spans.map((span) => ({ range: pick(span), weight: span.samples })))
    const load = whole((span) => span.load)
    const cpu = whole((span) => span.cpuPercent)
    const memory = whole((span) => span.memoryPercent)
    const gaps = coveredPercent < 90 ? ` Only ${Math.round(coveredPercent)} % of that time was sampled.` : ''
    const processor =
      cpu === null ? '' : `, the processor ${Math.round(cpu.average)} % busy (at most ${Math.round(cpu.highest)} %)`
    return (
      `Over ${time} the load was ${(load?.average ?? 0).toFixed(2)} on average, highest ${busiest.load.toFixed(2)} at ${moment(busiest.at)}` +
      `${processor}, memory ${Math.round(memory?.average ?? 0)} % used (at most ${Math.round(memory?.highest ?? 0)} %), from ${count(samples, 'sample')}.${gaps}`
    )
  },
  run: async ({ since, until, points }, { host, signal }) => {
    const now = new Date()
    const clock = { now, bootedAt: (await host.system.facts()).bootedAt }
    const from = parseMoment(since, clock)
    const to = until === undefined ? now : parseMoment(until, clock)
    if (from > to) {
      throw new CastellanError(
        'invalid_arguments',
        `since (${moment(from)}) is after ${until === undefined ? 'now' : `until (${moment(to)})`}, so there is no time between them. ` +
          'Give an earlier since or a later until.',
      )
    }
    const samples = await host.history.between(from, to, signal)
    const spanMs = Math.max(1, to.getTime() - from.getTime()) / points
    const grouped = Map.groupBy(samples, ({ at }) =>
      Math.min(points - 1, Math.floor((at.getTime() - from.getTime()) / spanMs)),
    )
    const expected = Math.max(1, (to.getTime() - from.getTime()) / 1000 / SAMPLE_SECONDS)
    const busiest = samples.reduce<LoadSample | null>(
      (most, each) => (most === null || each.load > most.load ? each : most),
      null,
    )
    return {
      since: from.toISOString(),
      until: to.toISOString(),
      spanSeconds: Math.round(spanMs) / 1000,
      sampleSeconds: SAMPLE_SECONDS,
      samples: samples.length,
      coveredPercent: Math.min(100, Math.round((samples.length / expected) * 1000) / 10),
      spans: [...grouped]
        .sort(([left], [right]) => left - right)
        .map(([span, inside]) => ({
          from: new Date(from.getTime() + span * spanMs).toISOString(),
          samples: inside.length,
          cpuPercent: rangeOf(inside.flatMap(({ cpuPercent }) => cpuPercent ?? [])),
          load: rangeOf(inside.map(({ load }) => load)) ?? { average: 0, highest: 0 },
          memoryPercent: rangeOf(inside.map(({ memoryPercent }) => memoryPercent)) ?? { average: 0, highest: 0 },
          swapPercent: rangeOf(inside.map(({ swapPercent }) => swapPercent)) ?? { average: 0, highest: 0 },
        })),
      busiest:
        busiest === null ? null : { at: busiest.at.toISOString(), load: busiest.load, cpuPercent: busiest.cpuPercent },
    }
  },
})

function rangeOf(values: readonly number[]): Range | null {
  if (values.length === 0) return null
  const average = values.reduce((sum, value) => sum + value, 0) / values.length
  return { average: Math.round(average * 100) / 100, highest: Math.max(...values) }
}

function merge(parts: readonly { readonly range: Range | null; readonly weight: number }[]): Range | null {
  const known = parts.flatMap(({ range, weight }) => (range === null ? [] : [{ ...range, weight }]))
  const weight = known.reduce((sum, part) => sum + part.weight, 0)
  if (weight === 0) return null
  return {
    average: known.reduce((sum, part) => sum + part.average * part.weight, 0) / weight,
    highest: Math.max(...known.map(({ highest }) => highest)),
  }
}
