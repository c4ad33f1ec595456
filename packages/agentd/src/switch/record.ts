import { randomInt } from 'node:crypto'
import { CallId, LedgerActor, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { Check } from './checks/check.ts'

/** How the file names and units of a switch begin; 72 random bits follow. */
export const SwitchId = z.string().regex(/^sw_[0-9A-Za-z]{12}$/, 'must look like sw_ and twelve letters or digits')
export type SwitchId = z.infer<typeof SwitchId>

/** A system in the store: `/nix/store/<hash>-<name>`, nothing below it. */
export const StorePath = z
  .string()
  .max(300)
  .regex(/^\/nix\/store\/[0-9a-z]{32}-[0-9A-Za-z+._?=-]+$/, 'must be a store path such as /nix/store/…-nixos-system-…')

/**
 * Where a switch stands. Each is on disk before what follows it begins, so whoever picks a switch up again knows what may
 * have happened: `activating` says that activation was about to begin, not that it ended.
 */
export const Phase = z.enum([
  'built',
  'prechecked',
  'baseline',
  'armed',
  'activating',
  'activated',
  'probation',
  'confirming',
  'committing',
  'staging',
  'staged',
  'rolling_back',
  // How it ended:
  'committed',
  'rolled_back',
  'refused',
  'rollback_failed',
])
export type Phase = z.infer<typeof Phase>

const endings: readonly Phase[] = ['committed', 'rolled_back', 'refused', 'rollback_failed']

/** Whether nothing more will happen. `staged` is no end: the next boot goes on from there. */
export function isOver({ phase }: { readonly phase: Phase }): boolean {
  return endings.includes(phase)
}

export const Confirm = z.enum(['health', 'operator', 'both'])
export type Confirm = z.infer<typeof Confirm>

/** How a switch is to be made. Times in seconds. */
export const SwitchPlan = z.strictObject({
  /** `auto` activates at once unless the new system says that it needs a boot; `boot` always waits for one. */
  activation: z.enum(['auto', 'live', 'boot']),
  /** Whose word commits: the checks', a person's, or both. */
  confirm: Confirm,
  /** Activation is stopped after this long. */
  activationSeconds: z.int().min(1).max(3600),
  /** After activation, before checks count. */
  graceSeconds: z.int().min(0).max(3600),
  /** How long checks must hold. It is the crash-loop window, too. */
  probationSeconds: z.int().min(1).max(86_400),
  /** After probation, how long a person has to confirm. */
  confirmSeconds: z.int().min(1).max(86_400),
  checks: z.array(Check).max(100),
})
export type SwitchPlan = z.infer<typeof SwitchPlan>

export const SystemRef = z.strictObject({ path: StorePath, generation: z.int().nullable() })
export type SystemRef = z.infer<typeof SystemRef>

/** What was already wrong before the switch, by the name of the check. It is not held against the new system. */
export const Baseline = z.strictObject({
  takenAt: Timestamp,
  failing: z.record(z.string(), z.string()),
  /** Restart counters of services at that time. */
  restarts: z.record(z.string(), z.int()),
  hadRoute: z.boolean(),
  hadAddress: z.boolean(),
})
export type Baseline = z.infer<typeof Baseline>

/** Something that fails now and did not before. Only a required one rolls back. */
export const Finding = z.strictObject({ check: z.string(), required: z.boolean(), message: z.string() })
export type Finding = z.infer<typeof Finding>

const Step = z.strictObject({ phase: Phase, at: Timestamp, note: z.string().max(2000) })

/** One switch, whole: what its journal file holds. */
export const SwitchRecord = z.strictObject({
  v: z.literal(1),
  id: SwitchId,
  phase: Phase,
  reason: z.string().max(2000),
  actor: LedgerActor,
  callId: CallId.nullable(),
  /** What ran when it began, and is gone back to. */
  from: SystemRef,
  to: SystemRef,
  /** What the system profile pointed to when it began: what the next boot starts until the commit. */
  bootDefault: SystemRef,
  plan: SwitchPlan,
  /** The boot in which this phase was entered (`/proc/sys/kernel/random/boot_id`). */
  bootId: z.string(),
  /** Whether the new system was, or is to be, started by a boot. */
  byBoot: z.boolean(),
  baseline: Baseline.nullable(),
  findings: z.array(Finding),
  /** What a person should know: what cannot be undone, what only a boot brings into use. */
  notices: z.array(z.string()),
  confirmedBy: z.string().nullable(),
  /** Whether the new system itself is to blame for being rolled back from: then it is known to be bad. */
  blamed: z.boolean(),
  /** Whether the host restarted since it was begun, by which a system that was only activated is gone. */
  rebooted: z.boolean(),
  /** Why it ended, or is ending, as it did. */
  outcome: z.string().nullable(),
  steps: z.array(Step).min(1),
})
export type SwitchRecord = z.infer<typeof SwitchRecord>

export function newSwitchId(): SwitchId {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const letters = Array.from({ length: 12 }, () => alphabet.charAt(randomInt(alphabet.length)))
  return SwitchId.parse(`sw_${letters.join('')}`)
}
