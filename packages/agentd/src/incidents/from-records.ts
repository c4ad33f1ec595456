import type { LedgerIndex, LedgerRecordRequest } from '@castellan/contracts'
import type { Raises, Sighting } from './sighting.ts'

/** Refusals of the airlock that say how things are rather than that somebody wanted out. */
const NO_ATTEMPT: ReadonlySet<string> = new Set([
  'egress_off',
  'egress_failed',
  'egress_timeout',
  'egress_truncated',
  'cancelled',
  'shutting_down',
  'busy',
  'ledger_unavailable',
  'agentd_unavailable',
])
/** Refused sign-ins that are no attempt: too many were made before, or nothing was brought. */
const NO_GUESS: ReadonlySet<string> = new Set(['rate_limited', 'sign_in_locked', 'cancelled'])

/** What the gateway and the airlock record and the operator should know of. `index` is the entry that tells of it. */
export function noteRecord(incidents: Raises, record: LedgerRecordRequest, index: LedgerIndex): void {
  const sighting = sightingIn(record)
  if (sighting !== undefined) incidents.raise({ ...sighting, evidence: index })
}

function sightingIn(record: LedgerRecordRequest): Sighting | undefined {
  switch (record.type) {
    case 'egress_refused':
      return refusedEgress(record)
    case 'page_sign_in':
      if (record.ok || NO_GUESS.has(record.code ?? '')) return undefined
      return {
        class: 'unauthorized_access',
        subject: `sign-in by ${record.how}`,
        summary: `A sign-in by ${record.how} was refused (${record.code ?? 'no reason given'}).`,
      }
    case 'sign_in_locked':
      return {
        class: 'unauthorized_access',
        subject: `sign-in by ${record.how}`,
        summary: `Too many sign-ins by ${record.how} were refused; nobody from there signs in until ${record.until}.`,
        severity: 'high',
      }
    case 'access_refused':
      return {
        class: 'unauthorized_access',
        subject: `${record.how} ${record.token ?? 'unknown token'}`,
        summary: `The gateway refused ${record.count} requests that brought ${words[record.how]}.`,
      }
    case 'credential_store_refused':
      return {
        class: 'integrity_violation',
        subject: 'credential store',
        summary: `The gateway refuses its credential store (${record.code ?? 'no reason given'}).`,
        severity: 'high',
      }
    default:
      return undefined
  }
}

const words = {
  token_unknown: 'a token that was never made',
  token_ended: 'a token that has ended',
  origin: 'a foreign origin',
} as const

function refusedEgress(record: Extract<LedgerRecordRequest, { type: 'egress_refused' }>): Sighting | undefined {
  const { code = 'egress_denied', host = 'an unnamed host', purpose = 'somebody', found } = record
  if (NO_ATTEMPT.has(code)) return undefined
  if (found !== undefined) {
    const canary = /(?:^|,)\s*canary\b/.test(found)
    const summary = `A request to ${host} held what must not leave (${found}) and was refused.`
    return {
      class: 'forbidden_egress',
      subject: `${purpose} to ${host}`,
      summary,
      ...(canary ? { severity: 'critical' as const } : {}),
    }
  }
  return {
    class: 'forbidden_egress',
    subject: `${purpose} to ${host}`,
    summary: `A request to ${host} was refused (${code}).`,
  }
}
