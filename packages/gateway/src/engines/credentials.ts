import type { EngineAuth } from '@castellan/contracts'

/** A credential as an engine uses it. The secret goes into a request or a process's environment and nowhere else. */
export interface EngineCredential {
  readonly id: string
  /** What people call it. */
  readonly label: string
  readonly auth: Exclude<EngineAuth, 'none'>
  readonly secret: string
  /** Where its provider's API lies, if the credential says so. */
  readonly baseUrl: string | null
}

/** One credential by its id, or any of a provider's. */
export type CredentialWish =
  | { readonly credential: string; readonly provider?: undefined }
  | { readonly provider: string; readonly credential?: undefined }

export type CredentialFault = 'unauthorized' | 'rate_limited' | 'quota_exhausted'

/** The credential store as engines see it. */
export interface EngineCredentials {
  /**
   * A credential that may be used now. Of a provider's, the one that is next in turn among those that are not cooling down
   * and not among `except`. Throws, saying what to do, when there is none.
   */
  pick(wish: CredentialWish, except?: ReadonlySet<string>): Promise<EngineCredential>
  /** It did not work: it cools down for `retryAfterSeconds`, or as long as the store thinks right. */
  failed(id: string, fault: CredentialFault, retryAfterSeconds?: number): Promise<void>
}
