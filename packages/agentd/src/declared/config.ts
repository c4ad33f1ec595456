import { AgentName } from '@castellan/contracts'
import { z } from 'zod'
import { Routine } from '../routines/routine.ts'
import { Watcher } from '../watchers/watcher.ts'

/** A routine as the host's configuration says it: writing it there is the owner's consent to its calls. */
export const DeclaredRoutine = Routine.pick({ timing: true, calls: true }).extend({
  description: Routine.shape.description.default(''),
  jitterSeconds: Routine.shape.jitterSeconds.default(0),
  catchUp: Routine.shape.catchUp.default('skip'),
  onFailure: Routine.shape.onFailure.default('stop'),
})
export type DeclaredRoutine = z.output<typeof DeclaredRoutine>

/** The same for a watcher. */
export const DeclaredWatcher = Watcher.pick({ check: true, ladder: true }).extend({
  description: Watcher.shape.description.default(''),
  everySeconds: Watcher.shape.everySeconds.default(60),
  failures: Watcher.shape.failures.default(3),
  graceSeconds: Watcher.shape.graceSeconds.default(60),
})
export type DeclaredWatcher = z.output<typeof DeclaredWatcher>

/** An operator's key, by its name. */
export const DeclaredOperator = z.strictObject({
  /** Raw Ed25519 public key (32 bytes), in base64. */
  publicKey: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be a raw Ed25519 public key: 32 bytes in base64'),
  /** Whose key it is; its name without it. */
  person: z.string().trim().min(1).max(80).optional(),
})
export type DeclaredOperator = z.output<typeof DeclaredOperator>

/** What the host's configuration declares, beside what people and agents make while agentd runs. */
export const declaredConfig = {
  operators: z.record(z.string().trim().min(1).max(80), DeclaredOperator).default({}),
  routines: z.record(AgentName, DeclaredRoutine).default({}),
  watchers: z.record(AgentName, DeclaredWatcher).default({}),
}
