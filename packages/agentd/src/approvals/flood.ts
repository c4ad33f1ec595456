import { type Approval, CastellanError } from '@castellan/contracts'
import { type Claim, isOpen } from './lifecycle.ts'

/** Open questions at once, for a session and in all: more than a person can read, few enough to list. */
const MAX_PENDING_PER_SESSION = 32
const MAX_PENDING = 256
/** Of all that is open, and of all that is kept, in bytes of JSON: a list of them has to fit into one answer. */
const MAX_OPEN_BYTES = 4 * 1024 * 1024
const MAX_KEPT_BYTES = 8 * 1024 * 1024

/** Throws `rate_limited` when more questions are open than people can answer, or an answer can list. */
export function refuseFlood(kept: readonly Approval[], { session, args }: Claim): void {
  const open = kept.filter(isOpen)
  const pending = open.filter(({ state }) => state === 'pending')
  const ofSession = pending.filter((approval) => approval.session === session).length
  const bytes = open.reduce((sum, approval) => sum + sizeOf(approval), bytesOf(args))
  if (pending.length < MAX_PENDING && ofSession < MAX_PENDING_PER_SESSION && bytes < MAX_OPEN_BYTES) return
  throw new CastellanError('rate_limited', 'Too many calls already wait for a person. Wait until some are decided.', {
    retryAfterSeconds: 60,
  })
}

/** Of those that are settled the oldest that do not fit any more. `kept` is oldest first. */
export function surplus<Kept extends Approval>(kept: readonly Kept[]): Kept[] {
  let bytes = kept.reduce((sum, approval) => sum + sizeOf(approval), 0)
  return kept.filter((approval) => {
    if (bytes <= MAX_KEPT_BYTES || isOpen(approval)) return false
    bytes -= sizeOf(approval)
    return true
  })
}

/** About the bytes of its JSON: what can be large in it, and something for the rest. */
function sizeOf({ args, preview, always }: Approval): number {
  return 2000 + bytesOf(args) + bytesOf(preview ?? null) + bytesOf(always)
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
