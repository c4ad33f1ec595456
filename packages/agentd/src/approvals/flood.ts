import { type Approval, CastellanError } from '@castellan/contracts'
import type { Claim } from './lifecycle.ts'

/** Open questions at once, for a session and in all: more than a person can read, few enough to list. */
const MAX_PENDING_PER_SESSION = 32
const MAX_PENDING = 256
/** Of everything that is kept about questions, in bytes of JSON: their file is written whole at every change. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024

/** Throws `rate_limited` when more questions are open than people can answer, or more is kept than a file should hold. */
export function refuseFlood(kept: readonly Approval[], { session, args }: Claim): void {
  const pending = kept.filter(({ state }) => state === 'pending')
  const ofSession = pending.filter((approval) => approval.session === session).length
  const bytes = kept.reduce((sum, approval) => sum + sizeOf(approval), JSON.stringify(args).length)
  if (pending.length < MAX_PENDING && ofSession < MAX_PENDING_PER_SESSION && bytes < MAX_KEPT_BYTES) return
  throw new CastellanError('rate_limited', 'Too many calls already wait for a person. Wait until some are decided.', {
    retryAfterSeconds: 60,
  })
}

/** About the bytes of its JSON: what can be large in it. */
function sizeOf({ args, preview }: Approval): number {
  const effects = preview?.effects.reduce((sum, line) => sum + line.length, 0) ?? 0
  return 2000 + JSON.stringify(args).length + (preview?.diff?.length ?? 0) + effects
}
