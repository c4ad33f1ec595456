import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { syncFolder } from './durable.ts'
import { isErrno } from './errors.ts'

const MAGIC = Buffer.from('CSTVLT01')
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = MAGIC.length + NONCE_BYTES
const CHUNK_BYTES = 256 * 1024

/** Bytes that a vault took: their keyed digest, which is also their name in it, and how many they are. */
export interface Kept {
  readonly digest: string
  readonly sizeBytes: number
}

/**
 * Contents kept encrypted on disk under the digest of their plain bytes, so the same bytes are kept once. A blob is
 * magic, nonce, AES-256-GCM ciphertext, tag. Digests are HMAC-SHA-256 under the vault's key: they tell equal contents
 * apart without giving a reader of the disk something to test guesses against.
 */
export class Vault {
  readonly #folder: string
  readonly #encryptionKey: Buffer
  readonly #digestKey: Buffer

  private constructor(folder: string, key: Uint8Array) {
    this.#folder = folder
    this.#encryptionKey = Buffer.from(hkdfSync('sha256', key, '', 'castellan vault encryption v1', 32))
    this.#digestKey = Buffer.from(hkdfSync('sha256', key, '', 'castellan vault digest v1', 32))
  }

  /** Opens the vault in `folder` (made with mode 0700) under a 32-byte key. */
  static async open(folder: string, key: Uint8Array): Promise<Vault> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const vault = new Vault(folder, key)
    // A draft is what a crash left in the middle of `keep`: nothing refers to it.
    for (const name of await readdir(folder)) if (name.startsWith('draft-')) await rm(join(folder, name))
    return vault
  }

  digest(bytes: Uint8Array): string {
    return createHmac('sha256', this.#digestKey).update(bytes).digest('hex')
  }

  /** The digest under which `source` would be kept, without keeping it. */
  async digestOf(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string> {
    const hmac = createHmac('sha256', this.#digestKey)
    for await (const chunk of source) {
      signal.throwIfAborted()
      hmac.update(chunk)
    }
    return hmac.digest('hex')
  }

  /** Keeps everything `source` yields. On disk when it returns. Aborting leaves nothing behind. */
  async keep(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Kept> {
    const draft = join(this.#folder, `draft-${randomBytes(9).toString('hex')}`)
    try {
      const kept = await this.#encryptInto(draft, source, signal)
      await rename(draft, this.#blob(kept.digest))
      await syncFolder(this.#folder)
      return kept
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }

  /**
   * The bytes of `digest`, in chunks. The tag is checked at the end: use what came before only after the last chunk.
   * Throws `trash_unknown` where they are not here any more, `trash_damaged` where they are not what was kept.
   */
  async *read(digest: string): AsyncGenerator<Buffer> {
    await using file = await open(this.#blob(digest), 'r').catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error
      throw new CastellanError(
        'trash_unknown',
        'The kept content is gone from the trash: it was too old, space ran out, or somebody emptied the trash.',
      )
    })
    const { size } = await file.stat()
    const bodyBytes = size - HEADER_BYTES - TAG_BYTES
    const header = Buffer.alloc(HEADER_BYTES)
    await file.read(header, 0, HEADER_BYTES, 0)
    if (bodyBytes < 0 || !header.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged()
    const decipher = createDecipheriv('aes-256-gcm', this.#encryptionKey, header.subarray(MAGIC.length))
    decipher.setAAD(MAGIC)
    const hmac = createHmac('sha256', this.#digestKey)
    for (let position = 0; position < bodyBytes; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bodyBytes - position))
      const { bytesRead } = await file.read(chunk, 0, chunk.length, HEADER_BYTES + position)
      if (bytesRead === 0) throw damaged()
      position += bytesRead
      const plain = decipher.update(chunk.subarray(0, bytesRead))
      hmac.update(plain)
      yield plain
    }
    const tag = Buffer.alloc(TAG_BYTES)
    await file.read(tag, 0, TAG_BYTES, HEADER_BYTES + bodyBytes)
    try {
      decipher.setAuthTag(tag).final()
    } catch {
      throw damaged()
    }
    if (!timingSafeEqual(hmac.digest(), Buffer.from(digest, 'hex'))) throw damaged()
  }

  /** Digests of all that is kept, with their size on disk. */
  async contents(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>()
    for (const name of await readdir(this.#folder)) {
      if (/^[0-9a-f]{64}$/.test(name)) sizes.set(name, (await stat(join(this.#folder, name))).size)
    }
    return sizes
  }

  async forget(digest: string): Promise<void> {
    await rm(this.#blob(digest), { force: true })
  }

  async #encryptInto(draft: string, source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Kept> {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#encryptionKey, nonce)
    cipher.setAAD(MAGIC)
    const hmac = createHmac('sha256', this.#digestKey)
    let sizeBytes = 0
    await using file = await open(draft, 'wx', 0o600)
    await file.writeFile(Buffer.concat([MAGIC, nonce]))
    for await (const chunk of source) {
      signal.throwIfAborted()
      sizeBytes += chunk.length
      hmac.update(chunk)
      await file.writeFile(cipher.update(chunk))
    }
    await file.writeFile(Buffer.concat([cipher.final(), cipher.getAuthTag()]))
    await file.sync()
    return { digest: hmac.digest('hex'), sizeBytes }
  }

  #blob(digest: string): string {
    return join(this.#folder, digest)
  }
}

function damaged(): CastellanError {
  return new CastellanError('trash_damaged', 'The kept content was changed or damaged on disk, so it is not put back.')
}
