import { CastellanError, type OperatorKey } from '@castellan/contracts'

/**
 * What one key's word cannot change about another. Another person's key counts as another person's word, and a declared one comes
 * back with the configuration. Throws `forbidden` or `conflict`.
 */
export function refuseForeign(by: OperatorKey, key: OperatorKey): void {
  if (by.person !== key.person) {
    throw new CastellanError(
      'forbidden',
      `${key.key_id} is a key of ${key.person}, and ${by.key_id} one of ${by.person}. Root alone changes other people's keys: ` +
        'agentctl operator.',
    )
  }
  if (key.enrolled_by !== 'configuration') return
  throw new CastellanError(
    'conflict',
    `${key.key_id} is declared in the host's configuration; change it there, so that it stays changed.`,
  )
}

/** Throws `conflict` for a key that would remove itself. */
export function refuseItself(by: OperatorKey, key: OperatorKey): void {
  if (by.key_id !== key.key_id) return
  throw new CastellanError(
    'conflict',
    'A key does not remove itself, so that one is always left. Sign with another, or let root do it: agentctl operator revoke.',
  )
}
