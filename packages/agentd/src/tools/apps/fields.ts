import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { AppName, type KeptApp, unitOf, userOf } from '../../apps/app.ts'
import type { AppState } from '../../host/apps.ts'
import type { Host } from '../../host/host.ts'
import { moment, size } from '../words.ts'

export const nameField = AppName.describe(
  'Name of the app: lower-case letters, digits and dashes, at most 16, e.g. "wiki".',
)

/** Starting and stopping wait for the program. */
export const appLimits = { timeoutMs: 120_000, outputBytes: 64 * 1024, perMinute: 60 }

export const shownApp = z.strictObject({
  name: z.string(),
  description: z.string(),
  unit: z.string().describe('The systemd unit, for service_status and journal_query.'),
  user: z.string().describe('The user that systemd made for it.'),
  activeState: z.string(),
  subState: z.string(),
  since: Timestamp.nullable(),
  wanted: z.enum(['running', 'stopped']).describe('What it should be; running ones are started again after a boot.'),
  argv: z.array(z.string()),
  network: z.enum(['none', 'local', 'full']),
  memoryBytes: z.number().min(0).nullable().describe('What it uses now.'),
  memoryLimitBytes: z.int(),
  cpuLimitPercent: z.int(),
  taskLimit: z.int(),
  restarts: z.number().min(0).nullable().describe('How often systemd restarted it by itself.'),
  deployedAt: Timestamp,
  deployedBy: z.string(),
})
export type ShownApp = z.infer<typeof shownApp>

export function presentApp({ app, unit, activeState, subState, since, memoryBytes, restarts }: AppState): ShownApp {
  return {
    name: app.name,
    description: app.description,
    unit,
    user: userOf(app.name),
    activeState,
    subState,
    since: since?.toISOString() ?? null,
    wanted: app.wanted,
    argv: app.argv,
    network: app.network,
    memoryBytes,
    memoryLimitBytes: app.memoryBytes,
    cpuLimitPercent: app.cpuPercent,
    taskLimit: app.tasks,
    restarts,
    deployedAt: app.deployedAt,
    deployedBy: app.deployedBy.name,
  }
}

/** `wiki is running since 2026-11-21 09:30 UTC, 22 MB of 512 MB.` */
export function tellApp({ name, activeState, subState, since, memoryBytes, memoryLimitBytes }: ShownApp): string {
  const when = since === null ? '' : ` since ${moment(since)}`
  const state = activeState === 'active' ? 'running' : `${activeState} (${subState})`
  const memory = memoryBytes === null ? '' : `, ${size(memoryBytes)} of ${size(memoryLimitBytes)} of memory`
  return `${name} is ${state}${when}${memory}.`
}

export function appResources({ name }: { readonly name: string }) {
  return [
    { kind: 'app' as const, id: name, access: 'write' as const },
    { kind: 'unit' as const, id: unitOf(name), access: 'write' as const },
  ]
}

export function keptApp(host: Host, name: string): KeptApp | undefined {
  return host.apps.kept().find((app) => app.name === name)
}
