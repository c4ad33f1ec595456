import { AgentName, LedgerActor, Timestamp } from '@castellan/contracts'
import { z } from 'zod'

/** What a watcher looks at. Looking only reads. */
export const Check = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('unit'), unit: z.string().min(1).max(256) }),
  z.strictObject({ kind: z.literal('tcp'), host: z.string().min(1).max(253), port: z.int().min(1).max(65_535) }),
  z.strictObject({
    kind: z.literal('http'),
    url: z.url({ protocol: /^https?$/ }).max(2048),
    status: z.int().min(100).max(599).nullable(),
  }),
  z.strictObject({
    kind: z.literal('disk'),
    path: z.string().min(1).max(4096),
    abovePercent: z.number().min(1).max(100),
  }),
  z.strictObject({ kind: z.literal('memory'), abovePercent: z.number().min(1).max(100) }),
  z.strictObject({ kind: z.literal('load'), abovePerCpu: z.number().min(0.1).max(1000) }),
])
export type Check = z.infer<typeof Check>

/** What is done about it, one step after the other while it stays wrong. */
export const Step = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('restart'), unit: z.string().min(1).max(256) }),
  /** Back to the NixOS generation before. */
  z.strictObject({ act: z.literal('rollback') }),
  /** An incident for the operator. */
  z.strictObject({ act: z.literal('notify') }),
])
export type Step = z.infer<typeof Step>

export const Watcher = z.strictObject({
  /** Also the name under which its calls are made, so it is written like an agent's. */
  name: AgentName,
  description: z.string().max(500),
  check: Check,
  everySeconds: z.int().min(10).max(86_400),
  /** Looks in a row that have to find it wrong before anything is done. */
  failures: z.int().min(1).max(20),
  /** Time that a step is given to help before the next one, in seconds. */
  graceSeconds: z.int().min(0).max(86_400),
  ladder: z.array(Step).min(1).max(6),
  /** Whether a person agreed to exactly these steps; then they need no further word. */
  agreed: z.boolean(),
  createdBy: LedgerActor,
  createdAt: Timestamp,
})
export type Watcher = z.infer<typeof Watcher>

/** How far a watcher is. */
export const Standing = z.strictObject({
  state: z.enum(['unknown', 'healthy', 'failing', 'escalated']),
  /** Looks in a row that found it wrong. */
  failures: z.int().min(0),
  /** Steps of the ladder that were taken. */
  steps: z.int().min(0),
  /** Since when it is in this state. */
  since: Timestamp,
  /** When the last step was taken; null while none was. */
  actedAt: Timestamp.nullable(),
  /** What the last look found. */
  message: z.string().max(500),
})
export type Standing = z.infer<typeof Standing>

export const KeptWatcher = Watcher.extend({ standing: Standing })
export type KeptWatcher = z.infer<typeof KeptWatcher>

/** `watchers.json` in agentd's state folder. */
export const WatcherFile = z.strictObject({ version: z.literal(1), watchers: z.array(KeptWatcher) })

export function freshStanding(at: number): Standing {
  const since = new Date(at).toISOString()
  return { state: 'unknown', failures: 0, steps: 0, since, actedAt: null, message: 'Not looked at yet.' }
}

/** `nginx.service is active`, for people. */
export function checkInWords(check: Check): string {
  switch (check.kind) {
    case 'unit':
      return `${check.unit} is active`
    case 'tcp':
      return `${check.host} port ${check.port} answers`
    case 'http':
      return `${check.url} answers ${check.status ?? 'with 200 to 399'}`
    case 'disk':
      return `the file system of ${check.path} is at most ${check.abovePercent} % full`
    case 'memory':
      return `at most ${check.abovePercent} % of memory is used`
    case 'load':
      return `the load is at most ${check.abovePerCpu} per CPU`
  }
}

export function stepInWords(step: Step): string {
  if (step.act === 'restart') return `restart ${step.unit}`
  return step.act === 'rollback' ? 'roll back to the generation before' : 'notify the operator'
}
