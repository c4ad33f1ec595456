import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { allLeftOut, count, list, sentence } from '../words.ts'

export const serviceList = defineTool({
  name: 'service_list',
  title: 'Service list',
  description: 'The systemd services of this host and their state; can be narrowed to one state or a part of the name.',
  input: z.strictObject({
    state: z
      .enum(['active', 'inactive', 'failed', 'running'])
      .optional()
      .describe(
        'Only services in this state. "active" includes those that did their work and ended; "running" does not.',
      ),
    name: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('Only services whose name or description contains this, e.g. "postgres".'),
    limit: limitField(500, 50, 'services'),
    offset: offsetField('services'),
  }),
  output: z.strictObject({
    services: z.array(
      z.strictObject({
        unit: z.string(),
        description: z.string(),
        activeState: z.string(),
        subState: z.string().describe("The state in the unit type's own words, e.g. running, exited, dead."),
      }),
    ),
    matching: z.int().describe('How many services match, shown or not.'),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ services, matching }, { state, name }) => {
    const kind = [state === undefined ? '' : `${state} `, 'service'].join('')
    const called = name === undefined ? '' : ` with ${JSON.stringify(name)} in its name or description`
    if (matching === 0) return `There is no ${kind}${called}.`
    if (services.length === 0) return allLeftOut(count(matching, kind))
    const shown = services.map(({ unit, activeState, subState }) =>
      state === undefined ? `${unit} (${activeState}, ${subState})` : unit,
    )
    return `${sentence(count(matching, kind))}${called}${services.length < matching ? ', among them' : ''}: ${list(shown, 8)}.`
  },
  run: async ({ state, name, limit, offset }, { host, signal }) => {
    const wanted = name?.toLowerCase()
    const matching = (await host.systemd.services(signal)).filter(
      ({ unit, description, loadState, activeState, subState }) =>
        // Units that others mention but that have no file are not services of this host.
        loadState !== 'not-found' &&
        (state === undefined || (state === 'running' ? subState === 'running' : activeState === state)) &&
        (wanted === undefined || unit.toLowerCase().includes(wanted) || description.toLowerCase().includes(wanted)),
    )
    const shown = matching.slice(offset, offset + limit).map(({ loadState: _, ...service }) => service)
    const services = fitting(shown, readLimits.outputBytes)
    return { services, matching: matching.length, truncated: offset + services.length < matching.length }
  },
})
