import { CastellanError, type ErrorCode } from '@castellan/contracts'

/**
 * agentctl's exit codes; `verify-ledger` adds one per kind of damage (see docs/ledger.md).
 * Scripts match on them, so they never change meaning.
 */
export const exitCodes = {
  /** Done, and the answer is good news. */
  ok: 0,
  /** It ran, and the answer is no: a call failed, a ledger does not verify. */
  failed: 1,
  /** The command line is off: unknown option, missing argument, arguments that are not JSON. */
  usage: 2,
  /** Nothing to talk to: Castellan is not running, or its socket may not be opened by this user. */
  unavailable: 3,
  /** Policy or a person said no, or the approval ran out. */
  refused: 4,
  /** A decision cannot be replayed on the same grounds. */
  notReplayable: 5,
  /** A decision was replayed on the same grounds, and is another one now. */
  decidedOtherwise: 6,
  /** A switch between systems was taken back, and the old system runs as before. */
  rolledBack: 20,
  /** A switch was refused before anything was changed. */
  switchRefused: 21,
  /** The new system waits for the next boot. */
  staged: 22,
  /** The way back from a switch failed: somebody has to look. */
  rollbackFailed: 23,
  /** A switch waits for a person's word. */
  unconfirmed: 24,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
} as const

const unavailable: readonly ErrorCode[] = [
  'agentd_unavailable',
  'engine_unavailable',
  'engine_loading',
  'engine_queue_full',
  'airlock_unavailable',
  'egress_unrecorded',
  'ledger_unavailable',
  'busy',
  'shutting_down',
]
const refused: readonly ErrorCode[] = [
  'policy_denied',
  'approval_denied',
  'approval_expired',
  'approval_spent',
  'approval_mismatch',
  'approval_withdrawn',
  'approval_stale',
  'approval_revoked',
  'approval_same_person',
  'approval_no_rule',
  'budget_exceeded',
  'session_refused',
  'agents_frozen',
  'credentials_locked',
  'capability_denied',
  'forbidden',
  'unauthorized',
]

/** A mistake on the command line; printed with a hint at `--help`. */
export class UsageError extends Error {}

/** The exit code that stands for an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage
  if (!(error instanceof CastellanError)) return exitCodes.failed
  if (unavailable.includes(error.code)) return exitCodes.unavailable
  if (refused.includes(error.code)) return exitCodes.refused
  if (error.code === 'cancelled') return exitCodes.interrupted
  if (error.code === 'invalid_arguments' || error.code === 'unknown_tool') return exitCodes.usage
  return exitCodes.failed
}
