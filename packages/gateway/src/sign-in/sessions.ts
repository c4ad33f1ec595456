import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CastellanError, OperatorKeyId, Sha256Hex, Timestamp } from '@castellan/contracts'
import { SignInMethod, type SignInView } from '@castellan/contracts/api'
import { type Log, writePrivateFile } from '@castellan/daemon'
import { z } from 'zod'
import { Standing } from '../tokens/standing.ts'

const IDLE_LIFE_MS = 30 * 24 * 3600 * 1000
/** Last use is written down at most this often, so that a busy page costs no disk writes. */
const USE_WRITE_MS = 3600 * 1000
const MAX_SESSIONS = 64

const StoredSession = z.strictObject({
  id_hash: Sha256Hex,
  key_id: OperatorKeyId.nullable(),
  /** Files from before there was a choice do not say. */
  how: SignInMethod.default('code'),
  address: z.string().nullable().default(null),
  created_at: Timestamp,
  last_used_at: Timestamp,
})
const SessionFile = z.strictObject({ version: z.literal(1), sessions: z.array(StoredSession) })
type StoredSession = z.infer<typeof StoredSession>

export interface PageSession {
  /** Names the session in logs and counts; says nothing about the cookie. */
  readonly credential: string
  readonly keyId: OperatorKeyId | null
  readonly standing: Standing
}

export interface PageSessionsOptions {
  /** `gateway/sessions.json` in the state folder. */
  readonly file: string
  readonly log: Log
  readonly now?: () => number
}

/** How a browser was let in, and from where. */
export interface Arrival {
  readonly keyId: OperatorKeyId | null
  readonly how: SignInMethod
  readonly address: string | null
}

interface Live {
  readonly stored: StoredSession
  readonly standing: Standing
}

/**
 * The browsers that are signed in. A cookie is 256 random bits; the file (mode 0600, replaced atomically) holds its
 * SHA-256 only, so that a restart signs nobody out and a stolen file signs nobody in. A session ends after 30 days
 * without use, and at most 64 are kept: the longest unused go first. What is open by a session ends with it.
 */
export class PageSessions {
  readonly #file: string
  readonly #log: Log
  readonly #now: () => number
  readonly #sessions = new Map<string, Live>()
  #writing: Promise<void> = Promise.resolve()

  private constructor({ file, log, now = Date.now }: PageSessionsOptions) {
    this.#file = file
    this.#log = log
    this.#now = now
  }

  /** A file that cannot be read signs everyone out and says so in the log; signing in again replaces it. */
  static async load(options: PageSessionsOptions): Promise<PageSessions> {
    const sessions = new PageSessions(options)
    await mkdir(dirname(options.file), { recursive: true, mode: 0o700 })
    try {
      const { sessions: all } = SessionFile.parse(JSON.parse(await readFile(options.file, 'utf8')))
      for (const stored of all) sessions.#sessions.set(stored.id_hash, { stored, standing: new Standing() })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        options.log.warn(
          { err: error, file: options.file },
          'the list of signed-in browsers is unreadable; all have to sign in again',
        )
      }
    }
    return sessions
  }

  /** Signs a browser in. Returns the cookie's value, which is kept nowhere; resolves once the session is on disk. */
  async create({ keyId, how, address }: Arrival): Promise<{ cookie: string; credential: string }> {
    const cookie = randomBytes(32).toString('base64url')
    const now = new Date(this.#now()).toISOString()
    const stored = { id_hash: hashOf(cookie), key_id: keyId, how, address, created_at: now, last_used_at: now }
    this.#sessions.set(stored.id_hash, { stored, standing: new Standing() })
    this.#forgetOld()
    await this.#save()
    return { cookie, credential: credentialOf(stored) }
  }

  /** The session behind a cookie, which this use keeps alive; undefined when there is none or it has ended. */
  use(cookie: string): PageSession | undefined {
    // Looking up a digest leaks nothing useful about the cookie through timing.
    const session = this.#sessions.get(hashOf(cookie))
    if (session === undefined) return undefined
    const { stored, standing } = session
    const idleMs = this.#now() - Date.parse(stored.last_used_at)
    if (idleMs > IDLE_LIFE_MS) return undefined
    if (idleMs > USE_WRITE_MS) {
      stored.last_used_at = new Date(this.#now()).toISOString()
      this.#save().catch((error: unknown) =>
        this.#log.warn({ err: error }, 'the use of a sign-in could not be written down'),
      )
    }
    return { credential: credentialOf(stored), keyId: stored.key_id, standing }
  }

  /** Ends the session behind a cookie. Returns its credential, or undefined when there was none. */
  async end(cookie: string): Promise<string | undefined> {
    const session = this.#sessions.get(hashOf(cookie))
    if (session === undefined) return undefined
    await this.#end(session)
    return credentialOf(session.stored)
  }

  /** Ends a session by the name it has in lists. Throws `not_found`. */
  async revoke(credential: string): Promise<void> {
    const session = [...this.#sessions.values()].find(({ stored }) => credentialOf(stored) === credential)
    if (session === undefined) {
      throw new CastellanError(
        'not_found',
        `No browser is signed in as ${credential}; GET /api/v1/sign-ins lists them.`,
      )
    }
    await this.#end(session)
  }

  /** Ends all that were let in that way, but for the one that asks. */
  async endAll(how: SignInMethod, except: string): Promise<void> {
    for (const session of [...this.#sessions.values()]) {
      if (session.stored.how === how && credentialOf(session.stored) !== except) await this.#end(session)
    }
  }

  /** The operator keys that signed-in browsers hold. */
  keys(): ReadonlySet<OperatorKeyId> {
    return new Set([...this.#sessions.values()].flatMap(({ stored: { key_id } }) => key_id ?? []))
  }

  /** Ends all that were let in by a key or sign with it. */
  async endOfKey(keyId: OperatorKeyId): Promise<void> {
    for (const session of [...this.#sessions.values()]) if (session.stored.key_id === keyId) await this.#end(session)
  }

  /** Used last first. `current` is the credential of whoever asks. */
  list(current: string): SignInView[] {
    return [...this.#sessions.values()]
      .map(({ stored }) => stored)
      .filter(({ last_used_at }) => this.#now() - Date.parse(last_used_at) <= IDLE_LIFE_MS)
      .sort((a, b) => b.last_used_at.localeCompare(a.last_used_at))
      .map((stored) => {
        const { id_hash: _, ...shown } = stored
        const sign_in_id = credentialOf(stored)
        return { sign_in_id, ...shown, current: sign_in_id === current }
      })
  }

  async #end({ stored, standing }: Live): Promise<void> {
    this.#sessions.delete(stored.id_hash)
    standing.end()
    await this.#save()
  }

  #forgetOld(): void {
    const oldestFirst = [...this.#sessions.values()].sort((a, b) =>
      a.stored.last_used_at.localeCompare(b.stored.last_used_at),
    )
    const surplus = oldestFirst.length - MAX_SESSIONS
    for (const [position, { stored, standing }] of oldestFirst.entries()) {
      const ended = this.#now() - Date.parse(stored.last_used_at) > IDLE_LIFE_MS
      if (!ended && position >= surplus) continue
      this.#sessions.delete(stored.id_hash)
      standing.end()
    }
  }

  /** Writes one after another, each time the newest state; a crash leaves the old file or the new one, never half. */
  #save(): Promise<void> {
    const written = this.#writing.then(() => {
      const sessions = [...this.#sessions.values()].map(({ stored }) => stored)
      const content: z.infer<typeof SessionFile> = { version: 1, sessions }
      return writePrivateFile(this.#file, JSON.stringify(content))
    })
    this.#writing = written.catch(() => undefined)
    return written
  }
}

function hashOf(cookie: string): string {
  return createHash('sha256').update(cookie, 'utf8').digest('hex')
}

function credentialOf({ id_hash }: Pick<StoredSession, 'id_hash'>): string {
  return `page-${id_hash.slice(0, 12)}`
}
