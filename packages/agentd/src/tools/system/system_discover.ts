import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { servicesOf } from '../../host/cgroup.ts'
import type { Host } from '../../host/host.ts'
import type { Listener } from '../../host/network.ts'
import type { ServiceSummary } from '../../host/systemd.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { count, list, sentence } from '../words.ts'
import { knownKind } from './known-services.ts'

const Port = z.strictObject({ protocol: z.enum(['tcp', 'udp']), address: z.string(), port: z.int() })

const Found = z.strictObject({
  unit: z.string().nullable().describe('Null where it runs in no systemd service, or systemd cannot be asked.'),
  description: z.string().nullable(),
  state: z.string().nullable().describe('In systemd’s words, e.g. running, exited, failed.'),
  processes: z.array(z.string()).describe('Names of the programs that listen.'),
  kind: z
    .string()
    .nullable()
    .describe('What such a program usually is, e.g. "web server"; null where it is not known here.'),
  ports: z.array(Port),
  reachable: z
    .enum(['network', 'this machine', 'not at all'])
    .describe('From how far its ports can be reached, firewalls aside.'),
})
type Found = z.infer<typeof Found>

/** Ports of one service in the answer. */
const MOST_PORTS = 50

export const systemDiscover = defineTool({
  name: 'system_discover',
  title: 'Discover what runs here',
  description:
    'What this machine is there for: every service that runs, with the program behind it, what such a program is usually for, the ports it ' +
    'listens on and from how far they are reached.',
  input: z.strictObject({
    listening: z
      .boolean()
      .default(false)
      .describe('Only what listens on the network. Default false: everything that runs.'),
  }),
  output: z.strictObject({
    services: z.array(Found).describe('Those reached from the network first.'),
    total: z.int(),
    truncated: truncatedField,
    servicesNote: z
      .string()
      .nullable()
      .describe('Why services could not be asked about; then only listeners are here.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ services, total, servicesNote }) => {
    const doors = services.filter(({ reachable }) => reachable === 'network')
    const inside = services.filter(({ reachable }) => reachable === 'this machine')
    const note = servicesNote === null ? '' : ' Services could not be asked about: systemd does not run this host.'
    const far =
      doors.length === 0
        ? 'Nothing is reached from the network.'
        : `Reached from the network: ${list(doors.map(name))}.`
    const near = inside.length === 0 ? '' : ` From this machine only: ${list(inside.map(name))}.`
    return `${sentence(count(total, 'service or listener', 'services and listeners'))} found. ${far}${near}${note}`
  },
  taints: () => ['untrusted-text'],
  run: async ({ listening }, { host, signal }) => {
    const [listeners, units] = await Promise.all([host.network.listeners(signal), runningUnits(host, signal)])
    const groups = new Map<string, { unit: string | null; listeners: Listener[] }>()
    for (const unit of listening ? [] : units.services) groups.set(unit.unit, { unit: unit.unit, listeners: [] })
    for (const listener of listeners) {
      const unit = await unitOf(listener, units.sockets)
      // What belongs to no unit is kept together by its process, and what shows no process by its port.
      const key =
        unit ?? (listener.pid === null ? `port ${listener.protocol} ${listener.port}` : `process ${listener.pid}`)
      const group = groups.get(key) ?? { unit, listeners: [] }
      group.listeners.push(listener)
      groups.set(key, group)
    }
    const found = [...groups.values()].map((group) => describe(group, units.services)).sort(byReach)
    const services = fitting(found, readLimits.outputBytes)
    return { services, total: found.length, truncated: services.length < found.length, servicesNote: units.note }
  },
})

interface Units {
  readonly services: readonly ServiceSummary[]
  /** Unit by what systemd itself listens on for it, such as `0.0.0.0:22`. */
  readonly sockets: ReadonlyMap<string, string>
  readonly note: string | null
}

async function runningUnits(host: Host, signal: AbortSignal): Promise<Units> {
  try {
    const [services, sockets] = await Promise.all([host.systemd.services(signal), host.systemd.sockets(signal)])
    return {
      services: services.filter(({ subState }) => subState === 'running'),
      sockets: new Map(sockets.map(({ listen, unit, socket }) => [listen, unit || socket])),
      note: null,
    }
  } catch (error) {
    if (!(error instanceof CastellanError && error.code === 'unsupported_host')) throw error
    return { services: [], sockets: new Map(), note: error.message }
  }
}

/** Process 1 listens for services that are not started yet; otherwise the control group tells. */
async function unitOf({ pid, address, port }: Listener, sockets: Units['sockets']): Promise<string | null> {
  if (pid === null) return null
  if (pid === 1) return sockets.get(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`) ?? null
  return (await servicesOf(pid)).at(-1) ?? null
}

function describe(
  { unit, listeners }: { unit: string | null; listeners: readonly Listener[] },
  services: readonly ServiceSummary[],
): Found {
  const service = services.find((each) => each.unit === unit)
  const processes = [...new Set(listeners.flatMap(({ process }) => process ?? []))]
  const stem = unit?.replace(/(@.*)?\.\w+$/, '') ?? ''
  const kind = [...processes, stem, stem.replace(/d$/, '')].map(knownKind).find((each) => each !== null) ?? null
  const outside = listeners.some(
    ({ address }) => address !== '::1' && !address.replace(/^::ffff:/, '').startsWith('127.'),
  )
  return {
    unit,
    description: service?.description ?? null,
    state: service?.subState ?? null,
    processes,
    kind,
    ports: listeners.slice(0, MOST_PORTS).map(({ protocol, address, port }) => ({ protocol, address, port })),
    reachable: listeners.length === 0 ? 'not at all' : outside ? 'network' : 'this machine',
  }
}

const reaches: readonly Found['reachable'][] = ['network', 'this machine', 'not at all']

function byReach(left: Found, right: Found): number {
  const order = reaches.indexOf(left.reachable) - reaches.indexOf(right.reachable)
  return order || (label(left) < label(right) ? -1 : 1)
}

function label({ unit, processes }: Found): string {
  return unit ?? processes[0] ?? 'a process out of sight'
}

function name(found: Found): string {
  const ports = [...new Set(found.ports.map(({ port }) => port))]
  return `${label(found)} (${found.kind === null ? '' : `${found.kind}, `}port ${list(ports.map(String), 4)})`
}
