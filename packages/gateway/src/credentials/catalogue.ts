import {
  BaseUrl,
  CredentialAuth,
  CredentialId,
  CredentialLabel,
  LedgerRecordRequest,
  ProviderName,
  Sha256Hex,
  Timestamp,
} from '@castellan/contracts'
import { z } from 'zod'

/** One credential as the store's index holds it: everything but the secret. */
export const CatalogueEntry = z.strictObject({
  id: CredentialId,
  provider: ProviderName,
  auth: CredentialAuth,
  label: CredentialLabel,
  base_url: BaseUrl.nullable(),
  /** Of the secret: 1 when it was made, one more with each other value. */
  version: z.int().min(1),
  preview: z.string().max(8),
  created_at: Timestamp,
  rotated_at: Timestamp.nullable(),
  /** The secret is destroyed. */
  revoked_at: Timestamp.nullable(),
  /** SHA-256 of the envelope with the secret; null where it is destroyed. */
  envelope: Sha256Hex.nullable(),
})
export type CatalogueEntry = z.infer<typeof CatalogueEntry>

/** What the store's index holds, itself in an envelope. */
export const Catalogue = z.strictObject({
  credentials: z.array(CatalogueEntry).max(64),
  /** Id of the key whose recovery phrase was shown. */
  phrase_shown: z.string().nullable(),
  /** The record that goes with this state; sent again where nobody knows whether it arrived. */
  event: LedgerRecordRequest,
})
export type Catalogue = z.infer<typeof Catalogue>
