import { z } from 'zod'
import { BaseUrl } from './engines.ts'
import { CredentialId, Timestamp } from './ids.ts'

/** Most credentials that a gateway keeps, revoked ones among them. */
export const MAX_CREDENTIALS = 64
/** Largest secret, in bytes. */
export const MAX_SECRET_BYTES = 4096

/** `api_key`: as a provider sells them. `oauth_token`: of a subscription, such as Claude Code's. */
export const CredentialAuth = z.enum(['api_key', 'oauth_token'])
export type CredentialAuth = z.infer<typeof CredentialAuth>

/** `openai`, `anthropic`, `openrouter`, or a name of one's own for any other, whose address the credential then says. */
export const ProviderName = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes')
export type ProviderName = z.infer<typeof ProviderName>

/** What people call it. */
export const CredentialLabel = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'must be one line of plain text')
export type CredentialLabel = z.infer<typeof CredentialLabel>

/** It goes into a header, so it is visible ASCII without spaces. */
export const CredentialSecret = z
  .string()
  .min(1)
  .max(MAX_SECRET_BYTES)
  .regex(/^[\x21-\x7e]*$/, 'must be visible ASCII without spaces')
  .meta({ format: 'password', writeOnly: true })

/** A word between people: not so short that it can be guessed. */
export const TransferPassphrase = z.string().min(12).max(1024).meta({ format: 'password', writeOnly: true })

export const CredentialState = z.enum(['healthy', 'cooling_down', 'revoked'])
export type CredentialState = z.infer<typeof CredentialState>

export const CoolingReason = z.enum(['unauthorized', 'rate_limited', 'quota_exhausted'])
export type CoolingReason = z.infer<typeof CoolingReason>

/** A credential as interfaces show it. Its secret never leaves the gateway. */
export const CredentialView = z.strictObject({
  id: CredentialId,
  provider: ProviderName,
  auth: CredentialAuth,
  label: CredentialLabel,
  /** Where the provider's API lies; null where that goes without saying. */
  base_url: BaseUrl.nullable(),
  /** The last four characters; null of a secret so short that they would tell much. */
  preview: z.string().max(4).nullable(),
  state: CredentialState,
  /** Goes up with every other value. */
  version: z.int().min(1),
  created_at: Timestamp,
  rotated_at: Timestamp.nullable(),
  revoked_at: Timestamp.nullable(),
  last_used_at: Timestamp.nullable(),
  cooling_down: z.strictObject({ until: Timestamp, reason: CoolingReason }).nullable(),
  last_test: z.strictObject({ at: Timestamp, ok: z.boolean(), code: z.string().nullable() }).nullable(),
})
export type CredentialView = z.infer<typeof CredentialView>

export const CredentialDraft = z.strictObject({
  provider: ProviderName,
  auth: CredentialAuth.default('api_key'),
  label: CredentialLabel,
  /** Needed where the provider is none of the known ones. */
  base_url: BaseUrl.optional(),
  secret: CredentialSecret,
})
export type CredentialDraft = z.infer<typeof CredentialDraft>

/** How a test went: a request for one token. */
export const CredentialTest = z.strictObject({
  ok: z.boolean(),
  /** `unauthorized`, `rate_limited`, `quota_exhausted`, `model_unknown`, `provider_failed`, or why it never arrived; null where ok. */
  code: z.string().nullable(),
  /** What that means and what to do. */
  message: z.string(),
  model: z.string().nullable(),
  duration_ms: z.int().min(0),
})
export type CredentialTest = z.infer<typeof CredentialTest>

/** `empty`: nothing was ever kept. `locked`: its key is not in memory. `refused`: it does not load, and `problem` says why. */
export const CredentialStoreState = z.enum(['empty', 'open', 'locked', 'refused', 'unavailable'])

export const CredentialStoreView = z.strictObject({
  state: CredentialStoreState,
  problem: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  /** Where the key-encryption key comes from: a credential of systemd, or a private file. */
  key_source: z.enum(['systemd', 'file']),
  /** Id of that key; null while it is not in memory. */
  key: z.string().nullable(),
  /** Whether the recovery phrase of this key was shown; null where that cannot be told. */
  recovery_phrase_shown: z.boolean().nullable(),
  credentials: z.int().min(0).nullable(),
  /** How often the store was changed. */
  generation: z.int().min(0).nullable(),
})
export type CredentialStoreView = z.infer<typeof CredentialStoreView>

const AgeRecipient = z
  .string()
  .max(4096)
  .regex(/^age1[0-9a-z]+$/, 'must be an age recipient: age1…')
const AgeIdentity = z
  .string()
  .max(8192)
  .regex(/^AGE-SECRET-KEY-[0-9A-Z-]+$/, 'must be an age identity: AGE-SECRET-KEY-…')
  .meta({ format: 'password', writeOnly: true })

/** For whom an export is encrypted. */
export const ExportRequest = z.union([
  z.strictObject({ passphrase: TransferPassphrase }),
  z.strictObject({ recipient: AgeRecipient }),
])
export type ExportRequest = z.infer<typeof ExportRequest>

/** An age file in its ASCII armor (age-encryption.org/v1). */
export const CredentialExport = z.strictObject({ file: z.string(), credentials: z.int().min(0) })
export type CredentialExport = z.infer<typeof CredentialExport>

const AgeFile = z.string().min(1).max(900_000)

export const ImportRequest = z.union([
  z.strictObject({ file: AgeFile, passphrase: TransferPassphrase }),
  z.strictObject({ file: AgeFile, identity: AgeIdentity }),
])
export type ImportRequest = z.infer<typeof ImportRequest>

/** What came of an import. A credential whose provider and secret are here already is left as it is. */
export const CredentialImport = z.strictObject({ imported: z.array(CredentialId), skipped: z.int().min(0) })
export type CredentialImport = z.infer<typeof CredentialImport>

/** 24 words of BIP 39's English list: the key-encryption key itself. */
export const RecoveryPhrase = z.strictObject({ phrase: z.string(), key: z.string() })
export type RecoveryPhrase = z.infer<typeof RecoveryPhrase>
