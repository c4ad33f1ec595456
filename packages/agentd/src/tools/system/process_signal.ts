import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { servicesOf } from '../../host/cgroup.ts'
import type { Host } from '../../host/host.ts'
import { type KnownProcess, type SignalName, signals } from '../../host/processes.ts'
import { changeLimits, defineTool } from '../define.ts'
import { whyProtected } from '../services/protection.ts'

/** These are meant to end a process; the answer waits a little to see whether they did. */
const ENDING: ReadonlySet<SignalName> = new Set(['TERM', 'KILL', 'INT', 'QUIT'])
const WAIT_MS = 2000

export const processSignal = defineTool({
  name: 'process_signal',
  title: 'Signal a process',
  description:
    'Sends a signal to one process: TERM asks it to end, KILL ends it, HUP mostly has it read its configuration again. ' +
    'For a service use service_stop or service_restart.',
  input: z.strictObject({
    pid: z.int().min(1).max(4_194_304).describe('The process, as process_list shows it.'),
    name: z
      .string()
      .min(1)
      .max(128)
      .describe('Its name, as process_list shows it: a guard against a number that is another’s by now.'),
    signal: z.enum(signals).default('TERM').describe('Default TERM, which most programs end on in good order.'),
  }),
  output: z.strictObject({
    pid: z.int(),
    name: z.string(),
    signal: z.enum(signals),
    ended: z.boolean().describe('Whether it was gone within two seconds; only looked at for signals that end.'),
  }),
  effect: 'change',
  undo: 'none',
  limits: { ...changeLimits, perMinute: 60 },
  summary: ({ pid, name, signal, ended }) => {
    if (ended) return `${name} (process ${pid}) ended on ${signal}.`
    return ENDING.has(signal)
      ? `${name} (process ${pid}) was sent ${signal} and still runs after two seconds.`
      : `${name} (process ${pid}) was sent ${signal}.`
  },
  resources: ({ pid }) => [{ kind: 'process', id: String(pid), access: 'write' }],
  taints: () => ['untrusted-text'],
  preview: async ({ pid, name, signal }, { host }) => {
    const known = await signallable(host, pid, name, signal)
    const service = known.services.at(-1)
    return {
      effects: [
        `Sends ${signal} to process ${pid} of ${known.user}: ${known.command || known.name}`,
        ...(service === undefined ? [] : [`It is part of ${service}, which may start it again.`]),
        ...(signal === 'KILL' ? ['It gets no chance to save anything.'] : []),
      ],
      undo: ENDING.has(signal) ? 'A process that ended does not come back.' : 'A signal cannot be taken back.',
    }
  },
  run: async ({ pid, name, signal: what }, { host, signal }) => {
    const known = await signallable(host, pid, name, what)
    await host.processes.signal(known, what)
    const ended = ENDING.has(what) && (await host.processes.gone(known, WAIT_MS, signal))
    return { pid, name: known.name, signal: what, ended }
  },
})

/** The process that is meant, once nothing protects it. */
async function signallable(host: Host, pid: number, name: string, signal: SignalName): Promise<KnownProcess> {
  const known = await host.processes.get(pid)
  if (known.name !== name) {
    throw new CastellanError(
      'conflict',
      `Process ${pid} is ${JSON.stringify(known.name)}, not ${JSON.stringify(name)}. process_list shows what runs now.`,
    )
  }
  const reason = await whyGuarded(host, known, signal)
  if (reason !== null) throw new CastellanError('forbidden', `Process ${pid} (${known.name}) ${reason}`)
  return known
}

async function whyGuarded(
  host: Host,
  { pid, kernelThread, services }: KnownProcess,
  signal: SignalName,
): Promise<string | null> {
  if (pid === 1) return 'is what runs this host; it is not signalled.'
  if (kernelThread) return 'is part of the kernel and takes no signals.'
  if (await host.processes.ownFamily(pid)) return 'is part of Castellan itself: no tool may signal it.'
  const verb = signal === 'CONT' || signal === 'HUP' || signal === 'USR1' || signal === 'USR2' ? 'reload' : 'stop'
  const own = await servicesOf('self')
  for (const service of services) {
    const reason = whyProtected(verb, service, own)
    // An app is Castellan's to run, but its own processes are what these signals are for.
    if (reason !== null && !service.startsWith('castellan-app-')) return `runs in ${service}, which ${reason}`
  }
  return null
}
