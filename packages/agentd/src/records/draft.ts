import { type LedgerDraft, type LedgerFacts, type LedgerRecordRequest, recorderOf } from '@castellan/contracts'

/** The entry that a record becomes: what entries have fields for goes there, the rest are public facts. */
export function draftOf(record: LedgerRecordRequest): LedgerDraft {
  const { type, ok, code, target, duration_ms, ...rest } = { ...OPTIONAL, ...record }
  const facts: LedgerFacts = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  return {
    type,
    actor: { kind: 'system', name: recorderOf(type) },
    ...(ok === undefined ? {} : { ok }),
    ...(code === undefined ? {} : { code }),
    ...(target === undefined ? {} : { target }),
    ...(duration_ms === undefined ? {} : { duration_ms }),
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
  }
}

/** What only some records have. */
const OPTIONAL: { ok?: boolean; code?: string; target?: number; duration_ms?: number } = {}
