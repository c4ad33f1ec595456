import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField, unitField } from '../fields.ts'
import { list } from '../words.ts'
import { unitResources } from './acting.ts'

/** Names in one list; only a target of the whole system has more. */
const MOST_NAMES = 100

const names = (what: string) => z.array(z.string()).max(MOST_NAMES).describe(what)

export const serviceDependencies = defineTool({
  name: 'service_dependencies',
  title: 'Service dependencies',
  description:
    'What a systemd unit needs and what needs it: requirements, wishes, order, triggers, and what stopping it would stop as well.',
  input: z.strictObject({ unit: unitField }),
  output: z.strictObject({
    unit: z.string(),
    requires: names('What it cannot run without.'),
    wants: names('What is started with it, but may fail.'),
    requiredBy: names('What cannot run without it.'),
    wantedBy: names('What starts it along; a target here means that it starts at boot.'),
    partOf: names('What stops and restarts it along.'),
    conflicts: names('What cannot run at the same time.'),
    triggeredBy: names('Sockets, timers and paths that start it.'),
    triggers: names('What it starts when it fires.'),
    after: names('What starts before it.'),
    before: names('What starts after it.'),
    stopsWithIt: names('What runs now and would stop as well if it were stopped, however indirectly.'),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ unit, requires, requiredBy, wantedBy, triggeredBy, stopsWithIt }) => {
    const services = (units: readonly string[]) => units.filter((name) => !/\.(target|slice)$/.test(name))
    const parts = [
      phrase('needs', services(requires)),
      phrase('is needed by', requiredBy),
      phrase('is started by', [...triggeredBy, ...wantedBy]),
    ].filter((part) => part !== '')
    const stops = stopsWithIt.length === 0 ? 'Nothing stops with it.' : `Stopping it would stop ${list(stopsWithIt)}.`
    return `${unit} ${parts.length === 0 ? 'depends on no service' : list(parts)}. ${stops}`
  },
  resources: ({ unit }, host) => unitResources(unit, host, 'read'),
  run: async ({ unit }, { host, signal }) => {
    const name = await host.systemd.resolve(unit, signal)
    const [links, { stops }] = await Promise.all([
      host.systemd.links(name, signal),
      host.systemd.reach('stop', name, signal),
    ])
    const all = { ...links, stopsWithIt: stops }
    const cut = Object.fromEntries(Object.entries(all).map(([kind, units]) => [kind, units.slice(0, MOST_NAMES)]))
    const truncated = Object.values(all).some((units) => units.length > MOST_NAMES)
    return { unit: name, ...(cut as { [Kind in keyof typeof all]: string[] }), truncated }
  },
})

function phrase(verb: string, units: readonly string[]): string {
  return units.length === 0 ? '' : `${verb} ${list(units)}`
}
