import { z } from 'zod'

const prefixed = <P extends string>(prefix: P) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9A-Za-z_-]{8,64}$`), `must look like ${prefix}_…`)

/** Identifies one tool call, from the first request to its outcome. Chosen by the caller, unique per agentd. */
export const CallId = prefixed('call').brand<'CallId'>()
export type CallId = z.infer<typeof CallId>

/** Identifies one request for a person's approval. Chosen by agentd. */
export const ApprovalId = prefixed('apr').brand<'ApprovalId'>()
export type ApprovalId = z.infer<typeof ApprovalId>

/** Identifies one conversation with an agent. Taint, budgets and grants belong to a session. */
export const SessionId = prefixed('ses').brand<'SessionId'>()
export type SessionId = z.infer<typeof SessionId>

/** Identifies one enrolled operator key. */
export const OperatorKeyId = prefixed('opk').brand<'OperatorKeyId'>()
export type OperatorKeyId = z.infer<typeof OperatorKeyId>

/** Identifies one capability. */
export const CapabilityId = prefixed('cap').brand<'CapabilityId'>()
export type CapabilityId = z.infer<typeof CapabilityId>

/** Identifies one incident. */
export const IncidentId = prefixed('inc').brand<'IncidentId'>()
export type IncidentId = z.infer<typeof IncidentId>

/** Identifies one freezing of agents. */
export const FreezeId = prefixed('frz').brand<'FreezeId'>()
export type FreezeId = z.infer<typeof FreezeId>

/** Identifies one credential of the gateway. Chosen by the gateway. */
export const CredentialId = prefixed('cred').brand<'CredentialId'>()
export type CredentialId = z.infer<typeof CredentialId>

/** Identifies one file kept in agentd's trash. */
export const TrashId = prefixed('trs').brand<'TrashId'>()
export type TrashId = z.infer<typeof TrashId>

/** Identifies one API token of the gateway; safe to log. */
export const TokenId = prefixed('tok').brand<'TokenId'>()
export type TokenId = z.infer<typeof TokenId>

/** The name of an agent, as in agents.json: lower case, digits and dashes, 1 to 32 characters. */
export const AgentName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, 1 to 32 characters')
  .brand<'AgentName'>()
export type AgentName = z.infer<typeof AgentName>

/** A tool's name: `noun_verb` in snake case, at most 64 characters; `server__tool` for one of another MCP server. */
export const ToolName = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*(__[a-z0-9]+(_[a-z0-9]+)*)?$/, 'must be snake case, like disk_usage')
  .brand<'ToolName'>()
export type ToolName = z.infer<typeof ToolName>

/** A SHA-256 digest in lower-case hex, 64 characters. */
export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
export type Sha256Hex = z.infer<typeof Sha256Hex>

/** RFC 3339 time in UTC with milliseconds, as `Date.prototype.toISOString` prints it. */
export const Timestamp = z.iso.datetime({ precision: 3 })
export type Timestamp = z.infer<typeof Timestamp>

/** A position in the ledger, counted from 0. */
export const LedgerIndex = z.int().min(0)
export type LedgerIndex = z.infer<typeof LedgerIndex>

type IdPrefix = 'tok' | 'call' | 'apr' | 'ses' | 'opk' | 'trs' | 'cap' | 'inc' | 'frz' | 'cred'

/** A fresh id with 96 random bits, e.g. `newId('call')` → `call_l7XhJ0f3T3m4Yz1Q`. */
export function newId(prefix: 'call'): CallId
export function newId(prefix: 'apr'): ApprovalId
export function newId(prefix: 'ses'): SessionId
export function newId(prefix: 'opk'): OperatorKeyId
export function newId(prefix: 'trs'): TrashId
export function newId(prefix: 'cap'): CapabilityId
export function newId(prefix: 'inc'): IncidentId
export function newId(prefix: 'frz'): FreezeId
export function newId(prefix: 'tok'): TokenId
export function newId(prefix: 'cred'): CredentialId
export function newId(prefix: IdPrefix): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  const base64 = btoa(String.fromCharCode(...bytes))
  return `${prefix}_${base64.replaceAll('+', '-').replaceAll('/', '_')}`
}
