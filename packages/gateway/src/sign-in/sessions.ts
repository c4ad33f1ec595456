import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OperatorKeyId, Sha256Hex, Timestamp } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { z } from 'zod'

const IDLE_LIFE_MS = 30 * 24 * 3600 * 1000
/** Last use is written down at most this often, so that a busy page costs no disk writes. */
const USE_WRITE_MS = 3600 * 1000
const MAX_SESSIONS = 64

const StoredSession = z.strictObject({
  id_hash: Sha256Hex,
  key_id: OperatorKeyId.nullable(),
  created_at: Timestamp,
  last_used_at: Timestamp,
})
const SessionFile = z.strictObject({ version: z.literal(1), sessions: z.array(StoredSession) })
type StoredSession = z.infer<typeof StoredSession>

export interface PageSession {
  /** Names the session in logs and counts; says nothing about the cookie. */
  readonly credential: string
  readonly keyId: OperatorKeyId | null
}

export interface PageSessionsOptions {
  /** `gateway/sessions.json` in the state folder. */
  readonly file: string
  readonly log: Log
  readonly now?: () => number
}

/**
 * The browsers that are signed in. A cookie is 256 random bits; the file (mode 0600, replaced atomically) holds its
 * SHA-256 only, so that a restart signs nobody out and a stolen file signs nobody in. A session ends after 30 days
 * without use, and at most 64 are kept: the longest unused go first.
 */
export class PageSessions {
  readonly #file: string
  readonly #log: Log
  readonly #now: () => number
  readonly #sessions = new Map<string, StoredSession>()
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
      const stored = SessionFile.parse(JSON.parse(await readFile(options.file, 'utf8')))
      for (const session of stored.sessions) sessions.#sessions.set(session.id_hash, session)
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
  async create(keyId: OperatorKeyId | null): Promise<string> {
    const cookie = randomBytes(32).toString('base64url')
    const now = new Date(this.#now()).toISOString()
    const id_hash = hashOf(cookie)
    this.#sessions.set(id_hash, { id_hash, key_id: keyId, created_at: now, last_used_at: now })
    this.#forgetOld()
    await this.#save()
    return cookie
  }

  /** The session behind a cookie, which this use keeps alive; undefined when there is none or it has ended. */
  use(cookie: string): PageSession | undefined {
    // Looking up a digest leaks nothing useful about the cookie through timing.
    const session = this.#sessions.get(hashOf(cookie))
    if (session === undefined) return undefined
    const idleMs = this.#now() - Date.parse(session.last_used_at)
    if (idleMs > IDLE_LIFE_MS) return undefined
    if (idleMs > USE_WRITE_MS) {
      session.last_used_at = new Date(this.#now()).toISOString()
      this.#save().catch((error: unknown) =>
        this.#log.warn({ err: error }, 'the use of a sign-in could not be written down'),
      )
    }
    return { credential: credentialOf(session), keyId: session.key_id }
  }

  /** Ends the session behind a cookie. Returns its credential, or undefined when there was none. */
  async end(cookie: string): Promise<string | undefined> {
    const session = this.#sessions.get(hashOf(cookie))
    if (session === undefined) return undefined
    this.#sessions.delete(session.id_hash)
    await this.#save()
    return credentialOf(session)
  }

  #forgetOld(): void {
    const oldestFirst = [...this.#sessions.values()].sort((a, b) => a.last_used_at.localeCompare(b.last_used_at))
    const surplus = oldestFirst.length - MAX_SESSIONS
    for (const [position, session] of oldestFirst.entries()) {
      const ended = this.#now() - Date.parse(session.last_used_at) > IDLE_LIFE_MS
      if (ended || position < surplus) this.#sessions.delete(session.id_hash)
    }
  }

  /** Writes one after another, each time the newest state; a crash leaves the old file or the new one, never half. */
  #save(): Promise<void> {
    const write = async () => {
      const text = JSON.stringify({ version: 1, sessions: [...this.#sessions.values()] } satisfies z.infer<
        typeof SessionFile
      >)
      const draft = join(dirname(this.#file), '.sessions.json.new')
      const file = await open(draft, 'w', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(draft, this.#file)
    }
    const written = this.#writing.then(write)
    this.#writing = written.catch(() => undefined)
    return written
  }
}

function hashOf(cookie: string): string {
  return createHash('sha256').update(cookie, 'utf8').digest('hex')
}

function credentialOf(session: StoredSession): string {
  return `page-${session.id_hash.slice(0, 12)}`
}
