import type { Operators } from '../operators/operators.ts'
import type { DeclaredOperator } from './config.ts'

/**
 * Enrols the keys that the host's configuration declares, and revokes those that it declared once and does not any more. A key
 * whose name or person changed is enrolled anew: whose word it is may not change unseen. Throws what enrolling throws.
 */
export async function enrolDeclared(
  operators: Operators,
  declared: Readonly<Record<string, DeclaredOperator>>,
): Promise<void> {
  const wanted = Object.entries(declared).map(([name, { publicKey, person = name }]) => ({ name, person, publicKey }))
  for (const key of operators.list()) {
    if (key.enrolled_by !== 'configuration' || key.revoked_at !== undefined) continue
    const same = wanted.some(
      ({ name, person, publicKey }) => name === key.name && person === key.person && publicKey === key.public_key,
    )
    if (!same) await operators.revoke(key.key_id)
  }
  for (const { name, person, publicKey } of wanted) {
    // Somebody may have enrolled it by hand before; then it stays theirs to revoke.
    if (operators.withPublicKey(publicKey) !== undefined) continue
    await operators.enrol(publicKey, { name, person, by: 'configuration' })
  }
}
