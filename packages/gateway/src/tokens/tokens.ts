import { createSecretKey, type KeyObject } from 'node:crypto'
import { CastellanError, type LedgerRecordRequest, newId, type TokenId, type TokenMarks } from '@castellan/contracts'
import type { Token, TokenCreated, TokenRequest, TokenRotated } from '@castellan/contracts/api'
import type { Log } from '@castellan/daemon'
import type { Caller } from '../plugins/caller.ts'
import { LiveTokens } from './live-tokens.ts'
import { type Rights, refuseMore, rightsOf } from './rights.ts'
import { hashOfSecret, newSecret } from './secret.ts'
import type { Standing } from './standing.ts'
import { type StoredToken, TokenFile } from './token-file.ts'

const DAY_MS = 24 * 3600 * 1000
/** Last use is written down at most this often, so that a busy token costs no disk writes. */
const USE_WRITE_MS = 10 * 60_000
/** How long until the ledger is asked again where agentd did not answer. */
const ASK_AGAIN_MS = 500

/** Takes what was done to the ledger. Throws `ledger_unavailable` or `agentd_unavailable` where it could not be recorded. */
export interface Recorder {
  append(record: LedgerRecordRequest): Promise<unknown>
}

/** What the ledger knows of tokens, which is more than an older list of them that was put back. */
export interface TokenMemory {
  tokenMarks(): Promise<TokenMarks>
}

export interface TokensParts {
  /** `gateway/tokens.json` in the state folder. */
  readonly file: string
  /** 32 bytes, derived from the gateway's key for this purpose alone. */
  readonly key: Uint8Array
  readonly records: Recorder & TokenMemory
  readonly log: Log
  readonly now?: () => number
}

/** A token that was presented and is known. */
export interface KnownToken {
  readonly id: TokenId
  readonly rights: Rights
  /** Of the secret that was presented: the old one of a rotation ends before the token does. */
  readonly standing: Standing
  readonly expiresAt: number
}

/** The tokens of the API: who may speak to the gateway beside the owner and the page. */
export class Tokens {
  readonly #file: TokenFile
  /** Made once: node takes nine tenths of a check to make one of bytes. */
  readonly #key: KeyObject
  readonly #records: Recorder & TokenMemory
  readonly #log: Log
  readonly #now: () => number
  readonly #tokens: LiveTokens
  #changing: Promise<unknown> = Promise.resolve()
  /** Whether the ledger was asked: what it knows to be revoked is in force by then. */
  #judged = false
  #closed = false
  #asking: NodeJS.Timeout | undefined

  private constructor({ file, key, records, log, now = Date.now }: TokensParts) {
    this.#file = new TokenFile(file)
    this.#key = createSecretKey(key)
    this.#tokens = new LiveTokens(this.#key, now)
    this.#records = records
    this.#log = log
    this.#now = now
  }

  /** Throws `config_invalid` when the list is damaged. */
  static async open(parts: TokensParts): Promise<Tokens> {
    const tokens = new Tokens(parts)
    for (const stored of await tokens.#file.load()) tokens.#tokens.adopt(stored)
    await tokens.#judge()
    return tokens
  }

  /**
   * The token behind a secret; undefined for one that was never made, or was revoked. Ask its standing before trusting it. Throws
   * `agentd_unavailable` for one that is on the list until the ledger has said whether that was put back.
   */
  find(secret: string): KnownToken | undefined {
    const known = this.#tokens.behind(secret)
    if (known === undefined) return undefined
    if (!this.#judged) throw unjudged()
    const { live, standing } = known
    if (standing === null) return undefined
    const { stored, rights } = live
    if (!standing.ended) this.#noteUse(stored)
    return { id: stored.token_id, rights, standing, expiresAt: Date.parse(stored.expires_at) }
  }

  /** Newest first. */
  list(): Token[] {
    return this.#tokens.all.map(({ stored }) => this.#shown(stored)).reverse()
  }

  /** Throws `not_found`. */
  get(id: TokenId): Token {
    return this.#shown(this.#tokens.get(id).stored)
  }

  /** Throws `forbidden` where the caller would get more than it has, and `conflict` when there are 512 in force. */
  create({ name, scopes, agent, expires_in_days }: TokenRequest, caller: Caller): Promise<TokenCreated> {
    return this.#change(async () => {
      // What a token makes ends with it at the latest.
      const expiresAt = Math.min(this.#now() + expires_in_days * DAY_MS, caller.expiresAt)
      refuseMore(caller, rightsOf(scopes, agent ?? null))
      this.#tokens.makeRoom()
      const secret = newSecret()
      const stored: StoredToken = {
        token_id: newId('tok'),
        name,
        scopes,
        agent: agent ?? null,
        created_at: this.#time(),
        created_by: caller.credential,
        expires_at: new Date(expiresAt).toISOString(),
        last_used_at: null,
        hash: hashOfSecret(this.#key, secret),
        old: null,
        revoked_at: null,
        rotations: 0,
      }
      await this.#records.append({
        type: 'token_created',
        token: stored.token_id,
        by: caller.credential,
        scope: scopes.join('+'),
        ...(agent === undefined ? {} : { agent }),
        expires_at: stored.expires_at,
      })
      await this.#saveWith(stored)
      // Whoever asks may have been revoked while this was written.
      if (caller.standing.ended) {
        await this.#save()
        throw new CastellanError('unauthorized', 'Your credential ended meanwhile; nothing was made with it.')
      }
      return { ...this.#shown(this.#tokens.adopt(stored).stored), token: secret }
    })
  }

  /**
   * In force at once, then written down, then recorded: neither a full disk nor a missing ledger keeps a stolen token
   * alive. What was made with it ends with it, so that nobody who had it keeps a way in. Throws `not_found`; what recording
   * fails with tells that the token is revoked all the same.
   */
  revoke(id: TokenId, by: string): Promise<Token> {
    const live = this.#tokens.get(id)
    const ending = [live, ...this.#tokens.madeWith(id)].filter(({ stored }) => stored.revoked_at === null)
    if (ending.length === 0) return Promise.resolve(this.#shown(live.stored))
    for (const one of ending) this.#tokens.end(one, this.#time())
    return this.#change(async () => {
      await this.#save()
      for (const { stored } of ending) {
        await this.#records.append({ type: 'token_revoked', token: stored.token_id, by }).catch((error: unknown) => {
          throw unrecorded(`The token ${id} is revoked`, error)
        })
      }
      return this.get(id)
    })
  }

  /**
   * A new secret for the same token. The one before it stays good for the overlap, the one before that ends. Throws
   * `not_found`, `conflict` for a token that has ended, and `forbidden` where the caller would get more than it has.
   */
  rotate(id: TokenId, overlapMs: number, caller: Caller): Promise<TokenRotated> {
    return this.#change(async () => {
      const live = this.#tokens.get(id)
      const { stored } = live
      if (stored.hash === null || live.standing.ended) {
        throw new CastellanError('conflict', `The token ${id} has ended; make a new one with createToken.`)
      }
      refuseMore(caller, live.rights)
      if (Date.parse(stored.expires_at) > caller.expiresAt) throw outlasts(caller)
      const until = Math.min(this.#now() + overlapMs, Date.parse(stored.expires_at))
      const overlap_until = new Date(until).toISOString()
      const secret = newSecret()
      const next: StoredToken = {
        ...stored,
        hash: hashOfSecret(this.#key, secret),
        old: overlapMs === 0 ? null : { hash: stored.hash, until: overlap_until },
        rotations: stored.rotations + 1,
      }
      // On disk first: a list that knows of fewer rotations than the ledger is one that was put back.
      await this.#saveWith(next)
      await this.#records
        .append({ type: 'token_rotated', token: id, by: caller.credential, overlap_until })
        .catch(async (error: unknown) => {
          live.stored = { ...live.stored, rotations: next.rotations }
          await this.#save()
          throw error
        })
      // It, or whoever asks, may have been revoked while this was written.
      if (live.stored.revoked_at !== null || caller.standing.ended) {
        await this.#save()
        throw new CastellanError('conflict', `The token ${id}, or what you asked with, was revoked meanwhile.`)
      }
      this.#tokens.renew(live, next, until)
      return { token_id: id, token: secret, old_valid_until: overlap_until }
    })
  }

  /** Writes the last uses down that were not yet. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#asking)
    await this.#change(() => this.#save()).catch((error: unknown) => this.#log.warn({ err: error }, UNWRITTEN))
  }

  /** Ends what the ledger knows to have ended. Where agentd is away it is asked again until it answers. */
  async #judge(): Promise<void> {
    if (this.#tokens.all.length === 0) {
      this.#judged = true
      return
    }
    try {
      const { revoked, rotations } = await this.#records.tokenMarks()
      const known = new Set(revoked)
      const revived = this.#tokens.all.filter(({ stored }) => {
        const isOlder = (rotations[stored.token_id] ?? 0) > stored.rotations
        return stored.revoked_at === null && (known.has(stored.token_id) || isOlder)
      })
      for (const live of revived) this.#tokens.end(live, this.#time())
      this.#judged = true
      if (revived.length === 0) return
      const tokens = revived.map(({ stored }) => stored.token_id)
      this.#log.error({ tokens }, 'the list of tokens is older than the ledger; those that ended since are ended again')
      await this.#change(() => this.#save())
    } catch (error) {
      if (this.#judged) this.#log.warn({ err: error }, 'the list of tokens could not be written')
      if (this.#judged || this.#closed) return
      this.#log.debug({ err: error }, 'the ledger does not say yet which tokens ended')
      this.#asking = setTimeout(() => void this.#judge(), ASK_AGAIN_MS)
      this.#asking.unref()
    }
  }

  #noteUse(stored: StoredToken): void {
    const now = this.#now()
    const last = stored.last_used_at === null ? 0 : Date.parse(stored.last_used_at)
    // A clock that was set back must not keep a use from ever being noted again.
    if (now - last < USE_WRITE_MS && now >= last) return
    stored.last_used_at = new Date(now).toISOString()
    this.#save().catch((error: unknown) => this.#log.warn({ err: error }, UNWRITTEN))
  }

  #shown({ hash: _, old: _old, rotations: _rotations, revoked_at, ...stored }: StoredToken): Token {
    const expired = this.#now() >= Date.parse(stored.expires_at)
    return { ...stored, state: revoked_at !== null ? 'revoked' : expired ? 'expired' : 'active' }
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }

  #save(): Promise<void> {
    return this.#file.save(() => this.#tokens.stored())
  }

  /** Saves the list as it is with this one in it, which comes into force only once it is on disk. */
  #saveWith(fresh: StoredToken): Promise<void> {
    return this.#file.save(() => this.#tokens.stored(fresh))
  }

  #change<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(task)
    this.#changing = done.catch(() => undefined)
    return done
  }
}

function unjudged(): CastellanError {
  return new CastellanError(
    'agentd_unavailable',
    'agentd does not answer yet, so nobody knows whether this token was revoked. Try again in a moment; the owner’s token works.',
    { retryAfterSeconds: 1 },
  )
}

const UNWRITTEN = 'the last use of a token could not be written down'

function outlasts({ expiresAt }: Caller): CastellanError {
  const until = new Date(expiresAt).toISOString()
  return new CastellanError('forbidden', `Your token ends at ${until}; it cannot take over one that lasts longer.`)
}

/** What was done stays done; only the record of it is missing. */
export function unrecorded(done: string, error: unknown): CastellanError {
  const why = error instanceof CastellanError ? error.message : String(error)
  return new CastellanError('ledger_unavailable', `${done}, but the ledger could not record it: ${why}`, {
    cause: error,
  })
}
