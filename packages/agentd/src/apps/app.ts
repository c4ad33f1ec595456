import { LedgerActor, Timestamp } from '@castellan/contracts'
import { z } from 'zod'

const MiB = 1024 * 1024

/** Part of a unit's name, a folder's and a user's, so it is short and plain. */
export const AppName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,15}$/, 'must be lower-case letters, digits and dashes, 1 to 16 characters')

const EnvironmentName = z.string().regex(/^[A-Z_][A-Z0-9_]{0,63}$/, 'must be upper-case letters, digits and _')

/** What an app is: a program that systemd keeps running behind walls. */
export const App = z.strictObject({
  name: AppName,
  description: z.string().max(200),
  argv: z.array(z.string().min(1).max(4096)).min(1).max(64),
  /** Not for secrets: everybody on the host may read it. */
  environment: z.record(EnvironmentName, z.string().max(4096)),
  /** Nothing, this machine only, or everything. */
  network: z.enum(['none', 'local', 'full']),
  memoryBytes: z.int().min(16 * MiB),
  /** 100 is one CPU. */
  cpuPercent: z.int().min(1).max(100_000),
  tasks: z.int().min(1).max(100_000),
})
export type App = z.infer<typeof App>

/** An app as it is kept: what runs, out of which folder, and whether it should. */
export const KeptApp = App.extend({
  /** Folder of `releases/NAME/` that the app sees as /app; null for one without files of its own. */
  release: z.string().nullable(),
  wanted: z.enum(['running', 'stopped']),
  deployedBy: LedgerActor,
  deployedAt: Timestamp,
})
export type KeptApp = z.infer<typeof KeptApp>

/** `apps.json` in agentd's state folder. */
export const AppFile = z.strictObject({ version: z.literal(1), apps: z.array(KeptApp) })

/** The user that systemd makes for it: named after the unit (DynamicUser= in systemd.exec(5)). */
export function userOf(name: string): string {
  return `castellan-app-${name}`
}

export function unitOf(name: string): string {
  return `castellan-app-${name}.service`
}
