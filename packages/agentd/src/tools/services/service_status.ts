import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { unitField } from '../fields.ts'
import { moment, size } from '../words.ts'
import { unitResources } from './acting.ts'

/** Null where systemd does not count it, or the unit has no such thing. */
const measured = z.number().min(0).nullable()

export const serviceStatus = defineTool({
  name: 'service_status',
  title: 'Service status',
  description:
    'Whether one service is up: its state and since when, main process, memory, CPU time, restarts and last result.',
  input: z.strictObject({ unit: unitField }),
  output: z.strictObject({
    unit: z.string(),
    description: z.string(),
    loadState: z.string(),
    activeState: z.string(),
    subState: z.string(),
    unitFileState: z.string().describe('Whether it starts at boot: enabled, disabled, static, …'),
    mainPid: measured,
    since: Timestamp.nullable().describe('When it entered its present state.'),
    memoryBytes: measured,
    cpuSeconds: measured,
    tasks: measured,
    restarts: measured.describe('How often systemd restarted it by itself.'),
    result: z.string().nullable().describe('How it ended last: success, exit-code, signal, timeout, …'),
    exitStatus: measured,
    unitFile: z.string().nullable(),
    canReload: z.boolean().describe('Whether service_reload works for it.'),
    transient: z.boolean().describe('Whether a program made it, as systemd-run does: stopped, it is gone.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({
    unit,
    activeState,
    subState,
    since,
    mainPid,
    memoryBytes,
    restarts,
    result,
    exitStatus,
    unitFileState,
  }) => {
    const when = since === null ? '' : ` since ${moment(since)}`
    const boot = unitFileState === 'disabled' ? ' It does not start at boot.' : ''
    const again = restarts === null || restarts === 0 ? '' : `, restarted ${restarts} times by systemd`
    if (activeState === 'active') {
      const pid = mainPid === null ? '' : `, main process ${mainPid}`
      const memory = memoryBytes === null ? '' : `, ${size(memoryBytes)} of memory`
      return `${unit} is ${subState === 'running' ? 'running' : `active (${subState})`}${when}${pid}${memory}${again}.${boot}`
    }
    if (activeState === 'failed') {
      const how = exitStatus === null ? (result ?? 'unknown') : `${result}, exit status ${exitStatus}`
      return `${unit} failed${when}: ${how}${again}.${boot} journal_query with this unit shows what it said.`
    }
    return `${unit} is ${activeState} (${subState})${when}.${boot}`
  },
  resources: ({ unit }, host) => unitResources(unit, host, 'read'),
  run: async ({ unit }, { host, signal }) => {
    const detail = await host.systemd.unit(unit, signal)
    return { ...detail, since: detail.since?.toISOString() ?? null }
  },
})
