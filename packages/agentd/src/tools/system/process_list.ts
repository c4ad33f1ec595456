import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { Process } from '../../host/processes.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, percentField, truncatedField } from '../fields.ts'
import { allLeftOut, count, list, moment, size } from '../words.ts'

const orders = {
  cpu: (left: Process, right: Process) => right.cpuPercent - left.cpuPercent || right.memoryBytes - left.memoryBytes,
  memory: (left: Process, right: Process) => right.memoryBytes - left.memoryBytes,
  startTime: (left: Process, right: Process) => right.startedAt.getTime() - left.startedAt.getTime(),
  pid: (left: Process, right: Process) => left.pid - right.pid,
}

const ShownProcess = z.strictObject({
  pid: z.int(),
  parentPid: z.int(),
  name: z.string(),
  command: z.string().describe('The command line, values that look like secrets blanked; empty for kernel threads.'),
  user: z.string(),
  state: z.string().describe('R running, S sleeping, D waiting for a disk, T stopped, Z zombie, I idle kernel thread.'),
  cpuPercent: percentField.describe('Of one core, measured over a quarter of a second.'),
  memoryBytes: z.int().min(0).describe('Resident memory.'),
  threads: z.int(),
  startedAt: Timestamp,
})

export const processList = defineTool({
  name: 'process_list',
  title: 'Process list',
  description:
    'What is running, busiest first: CPU, memory, user and start time of each process. Can look for one by name.',
  input: z.strictObject({
    sortBy: z
      .enum(['cpu', 'memory', 'startTime', 'pid'])
      .default('cpu')
      .describe('Most CPU first, most memory first, newest first, or by process id. Default cpu.'),
    name: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('Only processes whose name or command line contains this, e.g. "nginx".'),
    limit: limitField(200, 10, 'processes'),
    offset: offsetField('processes'),
  }),
  output: z.strictObject({
    processes: z.array(ShownProcess),
    matching: z.int().describe('How many processes match, shown or not.'),
    total: z.int().describe('How many processes there are.'),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ processes, matching, total }, { name, sortBy, offset }) => {
    const [first] = processes
    const called = name === undefined ? '' : ` named ${JSON.stringify(name)}`
    if (matching > 0 && first === undefined) return allLeftOut(count(matching, 'process', 'processes'))
    if (first === undefined) return `No process${called} is running; there are ${total} in all.`
    if (matching === 1) return `${first.name} is running: ${figures(first)}, since ${moment(first.startedAt)}.`
    const top = list(processes.slice(0, 3).map((process) => `${process.name} (${figure(process, sortBy)})`))
    return `${count(matching, `process${called}`, `processes${called}`)} ${name === undefined ? 'run' : `run, of ${total}`}. ${orderWords[sortBy]}${offset === 0 ? '' : `, from number ${offset + 1} on`}: ${top}.`
  },
  // Whoever starts a program chooses its command line.
  taints: ({ processes }) => (processes.length > 0 ? ['untrusted-text'] : []),
  run: async ({ sortBy, name, limit, offset }, { host, signal }) => {
    const all = await host.processes.list(signal)
    const wanted = name?.toLowerCase()
    const matching = all.filter(
      (process) =>
        wanted === undefined ||
        process.name.toLowerCase().includes(wanted) ||
        process.command.toLowerCase().includes(wanted),
    )
    const shown = matching
      .toSorted(orders[sortBy])
      .slice(offset, offset + limit)
      .map((process) => ({ ...process, startedAt: process.startedAt.toISOString() }))
    const processes = fitting(shown, readLimits.outputBytes)
    const truncated = offset + processes.length < matching.length
    return { processes, matching: matching.length, total: all.length, truncated }
  },
})

type Shown = z.infer<typeof ShownProcess>

const orderWords = {
  cpu: 'Most CPU',
  memory: 'Most memory',
  startTime: 'Started last',
  pid: 'The first by process id',
}

function figures({ pid, user, cpuPercent, memoryBytes }: Shown): string {
  return `pid ${pid}, user ${user}, ${cpuPercent} % CPU, ${size(memoryBytes)} of memory`
}

function figure(process: Shown, sortBy: keyof typeof orders): string {
  if (sortBy === 'cpu') return `${process.cpuPercent} %`
  if (sortBy === 'memory') return size(process.memoryBytes)
  return sortBy === 'startTime' ? moment(process.startedAt) : `pid ${process.pid}`
}
