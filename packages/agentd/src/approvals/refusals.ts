import { CastellanError } from '@castellan/contracts'
import type { ApprovalRecord } from './lifecycle.ts'

/** Why a call may not go on with an approval in this state, and nobody may decide about it any more. */
export function refusalOf({ state, approval_id, decided_by, void_because }: ApprovalRecord): CastellanError {
  switch (state) {
    case 'denied':
      return new CastellanError(
        'approval_denied',
        `The call was denied by ${decided_by ?? 'a person'}. Nothing was done.`,
      )
    case 'expired':
      return new CastellanError(
        'approval_expired',
        'The approval was not given or not used within 10 minutes. Nothing was done; ask again with a new call_id.',
      )
    case 'withdrawn':
      return new CastellanError(
        'approval_withdrawn',
        'Whoever asked stopped waiting and withdrew the question, so nothing would run. Nothing was done.',
      )
    case 'void':
      if (void_because === 'agents_frozen') {
        return new CastellanError(
          'agents_frozen',
          'The operator froze all agents after this was asked, so it no longer holds. Nothing was done.',
        )
      }
      return void_because === 'key_revoked'
        ? new CastellanError(
            'approval_revoked',
            'A key that approved this call was revoked before the call was made. Nothing was done; ask again.',
          )
        : new CastellanError(
            'approval_stale',
            'The policy changed since this was asked, so the question no longer holds. Nothing was done; ask again.',
          )
    default:
      return new CastellanError(
        'approval_spent',
        `The approval ${approval_id} was used already; each is good for one call.`,
      )
  }
}

/** Why nobody can decide about a question any more. */
export function settledAlready(record: ApprovalRecord): CastellanError {
  if (record.state !== 'approved' && record.state !== 'denied') return refusalOf(record)
  return new CastellanError('conflict', `The call was already ${record.state} by ${record.decided_by ?? 'a person'}.`)
}

/** A second yes of the person who said the first. */
export function samePerson({ votes, needed }: ApprovalRecord, person: string): CastellanError {
  return new CastellanError(
    'approval_same_person',
    `Approved ${votes.length} of ${needed}. Another yes of ${person} does not count, with whatever key: ${needed} different people ` +
      'have to agree.',
  )
}
