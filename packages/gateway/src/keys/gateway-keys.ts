import { hkdfSync, randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { writePrivateFile } from '@castellan/daemon'
import { open, rewrap, seal } from './envelope.ts'
import { readEnvelope } from './envelope-bytes.ts'
import { EnvelopeFault } from './envelope-fault.ts'
import { KEY_BYTES, type Kek } from './kek.ts'
import { CREDENTIAL_NAME, KekFiles, type KekPlaces } from './kek-files.ts'
import { firstPresent } from './present.ts'

export const ROOT = { purpose: 'root', id: 'gateway', version: 1 } as const

export interface KeyOptions extends KekPlaces {
  /** The file with the wrapped root of all derived keys. */
  readonly rootFile: string
  /** Data under these keys, files or folders: where any of it is there, no new key is made. */
  readonly encrypted: readonly string[]
}

/**
 * The keys of the gateway. The key-encryption key wraps two kinds of thing: the data keys of credentials, and one root from which
 * HKDF gives every other use a key of its own. Replacing the key-encryption key wraps both anew and changes no derived key, so
 * databases stay as they are.
 */
export class GatewayKeys {
  readonly files: KekFiles
  readonly #rootFile: string
  readonly #root: Buffer
  #keks: Kek[]

  private constructor(files: KekFiles, rootFile: string, root: Buffer, keks: Kek[]) {
    this.files = files
    this.#rootFile = rootFile
    this.#root = root
    this.#keks = keks
  }

  /**
   * Opens the keys; makes them where there never were any. Throws `state_key_missing`, `state_key_damaged`, `state_key_foreign` or
   * `config_invalid`: what was encrypted is never left behind under a silently made new key.
   */
  static async open({ rootFile, encrypted, ...places }: KeyOptions): Promise<GatewayKeys> {
    const files = new KekFiles(places)
    const wrapped = await readIfThere(rootFile)
    const { keks } = await files.read()
    if (keks.length === 0) {
      const present = wrapped === undefined ? await firstPresent(encrypted) : rootFile
      if (present !== undefined) throw missing(files.file, present)
      keks.push(await files.make())
    }
    if (wrapped !== undefined) {
      return new GatewayKeys(files, rootFile, openRoot(keks, wrapped, rootFile), currentFirst(keks, wrapped))
    }
    const present = await firstPresent(encrypted)
    if (present !== undefined) throw missing(rootFile, present)
    const root = randomBytes(KEY_BYTES)
    await writeRoot(rootFile, seal(keks[0] as Kek, root, ROOT))
    return new GatewayKeys(files, rootFile, root, keks)
  }

  /** The 32-byte key of one use; the same each time. `purpose` says what for, in words: `castellan conversations v1`. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#root, '', purpose, KEY_BYTES))
  }

  /** All key-encryption keys at hand, first the one that the root is wrapped under. None while they are forgotten. */
  get keks(): readonly Kek[] {
    return this.#keks
  }

  /** Takes the key-encryption keys out of memory; derived keys stay with whoever has them. */
  forget(): void {
    for (const kek of this.#keks) kek.forget()
    this.#keks = []
  }

  /** Reads them again. Throws as {@link open} does. */
  async recall(): Promise<void> {
    const { keks } = await this.files.read()
    if (keks.length === 0) throw missing(this.files.file, this.#rootFile)
    const wrapped = await readFile(this.#rootFile)
    openRoot(keks, wrapped, this.#rootFile).fill(0)
    this.#keks = currentFirst(keks, wrapped)
  }

  /**
   * Makes another key-encryption key, or takes the next one that is there, and wraps the root under it. Both are good until
   * {@link finishRotation}. Throws `unsupported_host` where systemd hands over the key and no next one.
   */
  async beginRotation(): Promise<Kek> {
    const found = await this.files.read()
    if (found.next === undefined && (await this.files.areSealed())) throw sealedElsewhere()
    const next = found.next ?? (await this.files.makeNext(this.#current()))
    this.#keks = [next, ...this.#keks.filter(({ id }) => id !== next.id)]
    const wrapped = await readFile(this.#rootFile)
    await writeRoot(this.#rootFile, rewrap(this.#keks, next, wrapped, ROOT))
    return next
  }

  /** Nothing is under the old key any more: it is taken off the disk and out of memory. */
  async finishRotation(): Promise<void> {
    const current = this.#current()
    await this.files.promote(current)
    for (const kek of this.#keks) if (kek !== current) kek.forget()
    this.#keks = [current]
  }

  #current(): Kek {
    const [kek] = this.#keks
    if (kek !== undefined) return kek
    throw new CastellanError('credentials_locked', 'The key is not in memory. Unlock it: agentctl credential unlock')
  }

  /** Whether a rotation was begun and not finished. */
  async rotationIsOpen(): Promise<boolean> {
    const { next } = await this.files.read()
    return next !== undefined
  }
}

function currentFirst(keks: readonly Kek[], wrapped: Buffer): Kek[] {
  const { keyId } = readEnvelope(wrapped).header
  return keks.toSorted((left, right) => Number(right.id === keyId) - Number(left.id === keyId))
}

function sealedElsewhere(): CastellanError {
  return new CastellanError(
    'unsupported_host',
    `systemd hands this key over, so that only this host's administrator can replace it. Make the next one as root: head -c 32 ` +
      `/dev/urandom | systemd-creds encrypt --name=${CREDENTIAL_NAME}-next - /etc/credstore.encrypted/${CREDENTIAL_NAME}-next, ` +
      'restart the gateway, and rotate again.',
  )
}

function openRoot(keks: readonly Kek[], wrapped: Buffer, rootFile: string): Buffer {
  try {
    return open(keks, wrapped, ROOT)
  } catch (error) {
    if (!(error instanceof EnvelopeFault)) throw error
    if (error.reason === 'foreign') {
      throw new CastellanError(
        'state_key_foreign',
        `The key at hand is not the one that ${rootFile} was wrapped under. ${WAY_OUT}`,
      )
    }
    throw new CastellanError('state_key_damaged', `${rootFile} is ${error.reason}. Put it back from a backup.`)
  }
}

async function writeRoot(rootFile: string, wrapped: Buffer): Promise<void> {
  await mkdir(dirname(rootFile), { recursive: true, mode: 0o700 })
  await rm(`${rootFile}.new`, { force: true })
  await writePrivateFile(rootFile, wrapped)
}

const WAY_OUT =
  'Put the right key back from a copy, or from its recovery phrase: agentctl credential recover. Without either, what it ' +
  "encrypted cannot be read by anybody: move the gateway's state folder away to start afresh."

function missing(file: string, present: string): CastellanError {
  return new CastellanError('state_key_missing', `${file} is gone, though ${present} is still there. ${WAY_OUT}`)
}

function readIfThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
