import { z } from 'zod'
import { LedgerIndex } from './ids.ts'
import { accessRecords } from './records/access.ts'
import { agentRecords } from './records/agents.ts'
import { credentialChanges, credentialEvents } from './records/credentials.ts'
import { egressRecords } from './records/egress.ts'

const GatewayRecord = z.discriminatedUnion('type', [
  ...credentialChanges,
  ...credentialEvents,
  ...agentRecords,
  ...accessRecords,
])
const AirlockRecord = z.discriminatedUnion('type', [...egressRecords])

/**
 * `POST /v1/records` on record.sock: what the gateway or the airlock did, as one entry of the ledger. Each type belongs to one of
 * them, which becomes the entry's actor. Everything here is public for ever: no secret, no path of a request, no text of a chat.
 */
export const LedgerRecordRequest = z.discriminatedUnion('type', [GatewayRecord, AirlockRecord])
export type LedgerRecordRequest = z.infer<typeof LedgerRecordRequest>
export type LedgerRecordType = LedgerRecordRequest['type']

/** Its answer: the entry is on disk. */
export const LedgerRecorded = z.strictObject({ index: LedgerIndex })
export type LedgerRecorded = z.infer<typeof LedgerRecorded>

/** Whose record a type is. */
export function recorderOf(type: LedgerRecordType): 'gateway' | 'airlock' {
  return egressTypes.has(type) ? 'airlock' : 'gateway'
}

/**
 * `GET /v1/records/credential-store` on record.sock: the newest state of a credential store that the ledger knows of; null where
 * it knows none. An older one on disk was put back.
 */
export const CredentialStoreMark = z.strictObject({
  mark: z.strictObject({ store: z.string(), generation: z.int().min(1), index: LedgerIndex }).nullable(),
})
export type CredentialStoreMark = z.infer<typeof CredentialStoreMark>

/**
 * `GET /v1/records/tokens` on record.sock: the tokens that were revoked, and how often each was given a new secret. A list of the
 * gateway's that knows less was put back.
 */
export const TokenMarks = z.strictObject({
  revoked: z.array(z.string()),
  rotations: z.record(z.string(), z.int().min(1)),
})
export type TokenMarks = z.infer<typeof TokenMarks>

/** The types whose entries carry a mark. */
export const CREDENTIAL_CHANGES = credentialChanges.map((change) => change.shape.type.value)

const egressTypes: ReadonlySet<string> = new Set(egressRecords.map((record) => record.shape.type.value))
