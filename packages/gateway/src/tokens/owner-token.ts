import { hash, timingSafeEqual } from 'node:crypto'
import { access, constants, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CastellanError, PreviousToken, previousTokenFile } from '@castellan/contracts'
import type { TokenRotated } from '@castellan/contracts/api'
import { writePrivateFile } from '@castellan/daemon'
import { isSecret, newSecret } from './secret.ts'
import { Standing } from './standing.ts'
import type { Recorder } from './tokens.ts'

/** One secret that is good: only its SHA-256 is kept, enough to recognise it, not to use it. */
interface Good {
  readonly hash: Buffer
  readonly standing: Standing
}

export interface OwnerTokenOptions {
  readonly now?: () => number
}

/**
 * The owner's bearer token. Its file is the only place where it is kept, and the supervisor, agentd and agentctl read it
 * there. While a rotation's overlap lasts, the token before it is good too.
 */
export class OwnerToken {
  readonly #path: string
  readonly #now: () => number
  #current: Good
  #previous: Good | null = null
  #changing: Promise<unknown> = Promise.resolve()

  private constructor(path: string, current: Good, now: () => number) {
    this.#path = path
    this.#current = current
    this.#now = now
  }

  /** Reads the token file. Throws `config_invalid` when it is missing, readable by others, or holds anything else. */
  static async read(path: string, { now = Date.now }: OwnerTokenOptions = {}): Promise<OwnerToken> {
    const token = new OwnerToken(path, goodFor(await readToken(path), now), now)
    token.#previous = await token.#readPrevious()
    return token
  }

  /** The standing of a token that was presented; undefined for a wrong one. Compares digests in constant time. */
  match(presented: string): Standing | undefined {
    const hash = hashOf(presented)
    if (timingSafeEqual(hash, this.#current.hash)) return this.#current.standing
    if (this.#previous === null || !timingSafeEqual(hash, this.#previous.hash)) return undefined
    return this.#previous.standing
  }

  /**
   * Replaces the token, for whoever presents the one in force: the one before it could be what leaked. Throws `forbidden`
   * without it, and `permission_denied` where the file cannot be replaced; then the old one stays.
   */
  rotate(presented: string, overlapMs: number, records: Recorder): Promise<TokenRotated> {
    return this.#change(async () => {
      if (!timingSafeEqual(hashOf(presented), this.#current.hash)) {
        throw new CastellanError('forbidden', 'Only the owner’s token that is in force can replace itself.')
      }
      // Before the ledger says that it happened.
      await access(dirname(this.#path), constants.W_OK).catch((cause: Error) => {
        throw irreplaceable(this.#path, cause)
      })
      const until = this.#now() + overlapMs
      const valid_until = new Date(until).toISOString()
      await records.append({ type: 'token_rotated', token: 'owner', by: 'owner', overlap_until: valid_until })
      const secret = newSecret()
      await this.#write(secret, overlapMs === 0 ? null : { token: presented, valid_until })
      this.#replace(goodFor(secret, this.#now), until)
      return { token_id: 'owner', token: secret, old_valid_until: valid_until }
    })
  }

  /** Follows a file that was changed by hand. Throws what {@link read} throws; then the token in force stays. */
  reload(): Promise<void> {
    return this.#change(async () => {
      const fresh = goodFor(await readToken(this.#path), this.#now)
      if (timingSafeEqual(fresh.hash, this.#current.hash)) return
      const previous = await this.#readPrevious()
      const follows = previous !== null && timingSafeEqual(previous.hash, this.#current.hash)
      if (follows) this.#replace(fresh, previous.endsAt)
      else this.#replace(fresh, this.#now())
    })
  }

  #replace(fresh: Good, oldUntil: number): void {
    this.#previous?.standing.end()
    this.#previous = this.#current
    this.#current = fresh
    this.#previous.standing.endAt(oldUntil)
  }

  async #write(secret: string, previous: PreviousToken | null): Promise<void> {
    const before = previousTokenFile(this.#path)
    try {
      if (previous !== null) await writePrivateFile(before, `${JSON.stringify(previous)}\n`)
      await writePrivateFile(this.#path, `${secret}\n`)
      if (previous === null) await rm(before, { force: true })
    } catch (cause) {
      throw irreplaceable(this.#path, cause as Error)
    }
  }

  async #readPrevious(): Promise<(Good & { readonly endsAt: number }) | null> {
    const text = await readFile(previousTokenFile(this.#path), 'utf8').catch(() => '')
    const previous = PreviousToken.safeParse(asJson(text))
    if (!previous.success || !isSecret(previous.data.token)) return null
    const endsAt = Date.parse(previous.data.valid_until)
    return { hash: hashOf(previous.data.token), standing: new Standing(endsAt, this.#now), endsAt }
  }

  #change<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(task)
    this.#changing = done.catch(() => undefined)
    return done
  }
}

function irreplaceable(path: string, cause: Error): CastellanError {
  const why = `The token file ${path} cannot be replaced, so the token stays: ${cause.message}.`
  return new CastellanError('permission_denied', `${why} Replace it where it comes from, and reload the gateway.`, {
    cause,
  })
}

async function readToken(path: string): Promise<string> {
  const file = await open(path).catch((cause: unknown) => {
    throw new CastellanError('config_invalid', `The token file ${path} cannot be opened.`, { cause })
  })
  try {
    // What systemd hands over it protects by an ACL, whose mask shows where a group's rights would stand (acl(5)).
    const others = isHandedOver(path) ? 0o007 : 0o077
    if (((await file.stat()).mode & others) !== 0) {
      throw new CastellanError('config_invalid', `Others may read the token file ${path}; run: chmod 600 ${path}`)
    }
    const token = (await file.readFile('utf8')).trim()
    if (isSecret(token)) return token
    throw new CastellanError('config_invalid', `The token file ${path} does not hold a token (cst_ and 43 characters).`)
  } finally {
    await file.close()
  }
}

/** Whether systemd put it into this unit's folder of credentials (systemd.exec(5), LoadCredential). */
function isHandedOver(path: string): boolean {
  const folder = process.env.CREDENTIALS_DIRECTORY
  return folder !== undefined && dirname(path) === folder
}

function goodFor(token: string, now: () => number): Good {
  return { hash: hashOf(token), standing: new Standing(Number.POSITIVE_INFINITY, now) }
}

function hashOf(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
