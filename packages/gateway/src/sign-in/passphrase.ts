import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { CastellanError, describeIssues, Timestamp } from '@castellan/contracts'
import { writePrivateFile } from '@castellan/daemon'
import { z } from 'zod'

/** RFC 9106, section 4, for hosts that cannot spare 2 GiB: 64 MiB and 3 passes; one lane, as Node computes one at a time. */
const COST = { memory_kib: 64 * 1024, passes: 3, parallelism: 1 } as const
const HASH_BYTES = 32
const SALT_BYTES = 16
/** Computed or waiting at once; each takes 64 MiB while it is computed. */
const MAX_WAITING = 4

const Kept = z.strictObject({
  version: z.literal(1),
  algorithm: z.literal('argon2id'),
  memory_kib: z.int().min(8),
  passes: z.int().min(1),
  parallelism: z.int().min(1),
  salt: z.base64(),
  hash: z.base64(),
  set_at: Timestamp,
})
type Kept = z.infer<typeof Kept>

const derive = promisify(argon2)

/**
 * The owner's passphrase: kept as argon2id (RFC 9106) with a key of the gateway's for its secret value, so that the file
 * alone is not even enough to guess at it. One is computed at a time.
 */
export class Passphrase {
  readonly #file: string
  readonly #key: Uint8Array
  #kept: Kept | null
  #computing: Promise<unknown> = Promise.resolve()
  #waiting = 0

  private constructor(file: string, key: Uint8Array, kept: Kept | null) {
    this.#file = file
    this.#key = key
    this.#kept = kept
  }

  /** Throws `config_invalid` for a file that makes no sense. */
  static async open(file: string, key: Uint8Array): Promise<Passphrase> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return new Passphrase(file, key, null)
    const kept = Kept.safeParse(asJson(text))
    if (kept.success) return new Passphrase(file, key, kept.data)
    throw new CastellanError(
      'config_invalid',
      `${file} is damaged (${describeIssues(kept.error)}). Remove it: codes and keys still sign in, and a new ` +
        'passphrase can be set.',
    )
  }

  get isSet(): boolean {
    return this.#kept !== null
  }

  /** False where none is set, after as much work as for a wrong one. Throws `busy` where too many are being checked. */
  async matches(passphrase: string): Promise<boolean> {
    const kept = this.#kept ?? STAND_IN
    const hash = await this.#hash(passphrase, Buffer.from(kept.salt, 'base64'), kept)
    return timingSafeEqual(hash, Buffer.from(kept.hash, 'base64')) && this.#kept !== null
  }

  /** On disk when it returns. */
  async set(passphrase: string): Promise<void> {
    const salt = randomBytes(SALT_BYTES)
    const hash = await this.#hash(passphrase, salt, COST)
    const kept: Kept = {
      ...{ version: 1, algorithm: 'argon2id', ...COST },
      ...{ salt: salt.toString('base64'), hash: hash.toString('base64'), set_at: new Date().toISOString() },
    }
    await writePrivateFile(this.#file, JSON.stringify(kept))
    this.#kept = kept
  }

  async remove(): Promise<void> {
    this.#kept = null
    await rm(this.#file, { force: true })
  }

  async #hash(passphrase: string, nonce: Buffer, cost: Pick<Kept, 'memory_kib' | 'passes' | 'parallelism'>) {
    if (this.#waiting >= MAX_WAITING) {
      throw new CastellanError('busy', 'Other passphrases are being checked; try again in a moment.', {
        retryAfterSeconds: 2,
      })
    }
    this.#waiting += 1
    const computed = this.#computing.then(() =>
      derive('argon2id', {
        // Keyboards write the same letters in different ways (Unicode normalisation form KC).
        message: passphrase.normalize('NFKC'),
        nonce,
        secret: this.#key,
        tagLength: HASH_BYTES,
        memory: cost.memory_kib,
        passes: cost.passes,
        parallelism: cost.parallelism,
      }),
    )
    this.#computing = computed.catch(() => undefined)
    try {
      return await computed
    } finally {
      this.#waiting -= 1
    }
  }
}

/** What a passphrase is compared with where none is set, so that the time tells nobody. */
const STAND_IN = {
  ...COST,
  salt: Buffer.alloc(SALT_BYTES).toString('base64'),
  hash: Buffer.alloc(HASH_BYTES).toString('base64'),
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
