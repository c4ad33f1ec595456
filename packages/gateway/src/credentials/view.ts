import type { CredentialView } from '@castellan/contracts'
import type { Activity } from './activity.ts'
import type { CatalogueEntry } from './catalogue.ts'

/** A credential as it is shown: everything but the secret, and of that at most the last four characters. */
export function viewOf(entry: CatalogueEntry, activity: Activity, now: number): CredentialView {
  const { envelope: _, preview, ...shown } = entry
  const { last_used_at, cooling_down, last_test } = activity.of(entry.id)
  const cools = activity.coolsUntil(entry.id, now) !== undefined && entry.revoked_at === null
  return {
    ...shown,
    preview: preview === '' ? null : preview,
    state: entry.revoked_at !== null ? 'revoked' : cools ? 'cooling_down' : 'healthy',
    last_used_at,
    cooling_down: cools ? cooling_down : null,
    last_test,
  }
}
