import { CastellanError, type ErrorCode } from '@castellan/contracts'
import type { FindingKind } from './verify/findings.ts'

/** The codes the ledger answers with; all are in the catalogue of contracts. */
export type LedgerErrorCode = Extract<
  ErrorCode,
  | 'ledger_unavailable'
  | 'ledger_damaged'
  | 'disk_full'
  | 'read_only'
  | 'permission_denied'
  | 'state_locked'
  | 'clock_jumped'
  | 'not_found'
  | 'invalid_request'
  | 'too_large'
  | 'conflict'
  | 'payload_erased'
  | 'proof_invalid'
  | 'witness_refused'
  | 'shutting_down'
>

/** Every refusal of this package. `detail` names the entry or file where there is one. */
export class LedgerError extends CastellanError {
  declare readonly code: LedgerErrorCode

  constructor(code: LedgerErrorCode, message: string, options: { detail?: unknown; cause?: unknown } = {}) {
    super(code, message, options)
    this.name = 'LedgerError'
  }
}

/** What damage is about, as a finding of `verifyLedger` will say it. */
export interface DamageDetail {
  readonly kind?: FindingKind
  readonly [what: string]: unknown
}

/** Damage found while reading: which entry or file, and in what way; `detail.finding` is the bare sentence. */
export function damaged(finding: string, detail: DamageDetail = {}, cause?: unknown): LedgerError {
  const message = `${finding}. Run \`agentctl verify-ledger\` for the whole picture.`
  return new LedgerError('ledger_damaged', message, { detail: { ...detail, finding: `${finding}.` }, cause })
}

/** What an error says about the log itself, without the advice. */
export function findingOf(error: LedgerError): string {
  return (error.detail as { finding?: string } | undefined)?.finding ?? error.message
}

/** A failed system call as a code that says what the operator has to do about it. */
export function fromSystemError(cause: unknown, doing: string): LedgerError {
  if (cause instanceof LedgerError) return cause
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new LedgerError('disk_full', `The disk is full: ${doing} failed. Free space on it, then try again.`, {
      cause,
    })
  }
  if (code === 'EROFS') {
    return new LedgerError('read_only', `The file system is read-only: ${doing} failed. Remount it writable.`, {
      cause,
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new LedgerError('permission_denied', `${doing} is not permitted to this user.`, { cause })
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new LedgerError('ledger_unavailable', `${doing} failed: ${reason}`, { cause })
}

/** Runs `work`; what the system refuses comes out under a stable code. */
export async function guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fromSystemError(error, doing)
  }
}
