import type { Entry } from '../entries/entry.ts'

export interface EnrolledKey {
  readonly id: string
  readonly name: string
  readonly passkey: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The keys that count, from what the ledger says of them in any order: enrolled, perhaps renamed, and not revoked. Newest first. */
export function enrolledKeys(entries: readonly Entry[]): readonly EnrolledKey[] {
  const keys = new Map<string, EnrolledKey>()
  for (const { type, time, facts = {} } of entries.toSorted((a, b) => a.index - b.index)) {
    const id = String(facts.key_id)
    const known = keys.get(id)
    if (type === 'operator_revoked') keys.delete(id)
    else if (type === 'operator_renamed' && known !== undefined) keys.set(id, { ...known, name: String(facts.name) })
    else if (type === 'operator_enrolled')
      keys.set(id, { id, name: String(facts.name), passkey: facts.kind === 'passkey', at: time })
  }
  return [...keys.values()].reverse()
}
