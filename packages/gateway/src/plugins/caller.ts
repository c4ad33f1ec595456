import type { OperatorKeyId } from '@castellan/contracts'
import type { Rights } from '../tokens/rights.ts'
import type { Standing } from '../tokens/standing.ts'

interface Credential extends Rights {
  /** Names the credential for logs and for counting, and lets nobody in. */
  readonly credential: string
  /** Whether it is still good: whatever stays open asks before each frame. */
  readonly standing: Standing
  /** When it ends by itself, in milliseconds since 1970; `Infinity` for what does not. */
  readonly expiresAt: number
}

/** Who makes a request, and what they may do. */
export type Caller =
  /** Whoever has the owner's token, which stays with what they opened, to vouch for their decisions. */
  | (Credential & { readonly kind: 'owner'; readonly token: string })
  /** A browser that is signed in. */
  | (Credential & { readonly kind: 'page'; readonly keyId: OperatorKeyId | null })
  /** A program with a token of the API. */
  | (Credential & { readonly kind: 'token' })
