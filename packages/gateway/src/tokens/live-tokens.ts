import { type KeyObject, timingSafeEqual } from 'node:crypto'
import { CastellanError, type TokenId } from '@castellan/contracts'
import { type Rights, rightsOf } from './rights.ts'
import { hashOfSecret } from './secret.ts'
import { Standing } from './standing.ts'
import type { StoredToken } from './token-file.ts'

/** Tokens kept at once; revoked and expired ones make room for new ones. */
export const MAX_TOKENS = 512
/** How long a revoked or expired token stays listed. */
const LISTED_MS = 30 * 24 * 3600 * 1000

/** A token as it is kept, and how it and the old secret of a rotation stand now. */
export interface Live {
  stored: StoredToken
  readonly rights: Rights
  standing: Standing
  oldStanding: Standing | null
}

/** The tokens in memory, by their ids and by the hashes of their secrets. */
export class LiveTokens {
  readonly #key: KeyObject
  readonly #now: () => number
  readonly #byId = new Map<TokenId, Live>()
  /** The old secret of a rotation has its own. */
  readonly #bySecret = new Map<string, Live>()

  constructor(key: KeyObject, now: () => number) {
    this.#key = key
    this.#now = now
  }

  get all(): readonly Live[] {
    return [...this.#byId.values()]
  }

  /** Throws `not_found`. */
  get(id: TokenId): Live {
    const live = this.#byId.get(id)
    if (live !== undefined) return live
    throw new CastellanError('not_found', `There is no token ${id}; GET /api/v1/tokens lists them.`)
  }

  /** The token behind a secret, and the standing of that secret: null where it is neither its newest nor its old one. */
  behind(secret: string): { readonly live: Live; readonly standing: Standing | null } | undefined {
    const hash = hashOfSecret(this.#key, secret)
    const live = this.#bySecret.get(hash)
    if (live === undefined) return undefined
    const isCurrent = live.stored.hash !== null && sameHash(live.stored.hash, hash)
    return { live, standing: isCurrent ? live.standing : live.oldStanding }
  }

  adopt(stored: StoredToken): Live {
    const live: Live = {
      stored,
      rights: rightsOf(stored.scopes, stored.agent),
      standing: new Standing(Date.parse(stored.expires_at), this.#now),
      oldStanding: stored.old === null ? null : new Standing(Date.parse(stored.old.until), this.#now),
    }
    if (stored.revoked_at !== null) live.standing.end()
    this.#byId.set(stored.token_id, live)
    this.#indexSecrets(live)
    return live
  }

  /** At once. */
  end(live: Live, at: string): void {
    this.#forgetSecrets(live)
    live.stored = { ...live.stored, hash: null, old: null, revoked_at: at }
    live.standing.end()
    live.oldStanding?.end()
  }

  /** Gives a token its next secret; the one before stays good until `until`, the one before that ends. */
  renew(live: Live, next: StoredToken, until: number): void {
    this.#forgetSecrets(live)
    live.oldStanding?.end()
    live.oldStanding = live.standing
    live.oldStanding.endAt(until)
    live.standing = new Standing(Date.parse(next.expires_at), this.#now)
    live.stored = { ...next, last_used_at: live.stored.last_used_at }
    this.#indexSecrets(live)
  }

  /** What a token made, and what that made. */
  madeWith(id: TokenId): Live[] {
    const own = this.all.filter(({ stored }) => stored.created_by === id)
    return own.flatMap((live) => [live, ...this.madeWith(live.stored.token_id)])
  }

  /** Ended tokens go 30 days after, and sooner where their place is needed. Throws `conflict` when all are in force. */
  makeRoom(): void {
    for (const live of this.all.filter(({ standing }) => standing.ended)) {
      const { token_id, revoked_at, expires_at } = live.stored
      const isOld = Date.parse(revoked_at ?? expires_at) < this.#now() - LISTED_MS
      if (!isOld && this.#byId.size < MAX_TOKENS) continue
      this.#forgetSecrets(live)
      this.#byId.delete(token_id)
    }
    if (this.#byId.size < MAX_TOKENS) return
    throw new CastellanError('conflict', `There are ${MAX_TOKENS} tokens, as many as may be; revoke those out of use.`)
  }

  /** As they are to be written; with one that comes into force only once it is on disk. */
  stored(fresh?: StoredToken): Iterable<StoredToken> {
    const all = new Map([...this.#byId].map(([id, { stored }]) => [id, stored]))
    return (fresh === undefined ? all : all.set(fresh.token_id, fresh)).values()
  }

  #indexSecrets(live: Live): void {
    for (const hash of hashesOf(live.stored)) this.#bySecret.set(hash, live)
  }

  #forgetSecrets(live: Live): void {
    for (const hash of hashesOf(live.stored)) this.#bySecret.delete(hash)
  }
}

function hashesOf({ hash, old }: StoredToken): string[] {
  return [hash, old?.hash ?? null].filter((known) => known !== null)
}

/** In constant time. Both are 64 hex digits. */
function sameHash(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
