import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { syncFolder, writePrivateFile } from '@castellan/daemon'
import { seal, open as unseal } from './envelope.ts'
import { EnvelopeFault } from './envelope-fault.ts'
import { KEY_BYTES, Kek } from './kek.ts'

/** The names under which systemd hands the key over: `LoadCredentialEncrypted=castellan-gateway-kek`. */
export const CREDENTIAL_NAME = 'castellan-gateway-kek'

export interface KekPlaces {
  /** The key file (0600), made where there is neither it nor a credential of systemd. */
  readonly file: string
  /** `$CREDENTIALS_DIRECTORY` of systemd.exec(5); undefined where systemd started nobody. */
  readonly credentialsFolder: string | undefined
}

/** What the next key's envelope is about. */
const NEXT = { purpose: 'kek', id: 'next', version: 1 } as const

/**
 * Where the key-encryption key comes from: a credential of systemd, which it unsealed with the host's key or its TPM2, or else the
 * key file. Where systemd hands one over no file counts, because files can be planted. While everything is being wrapped under
 * another key, that one is there as well: as the credential `NAME-next`, or in `FILE.next`, itself wrapped under the key it is to
 * replace, so that nobody without that key can put it there.
 */
export class KekFiles {
  readonly #places: KekPlaces

  constructor(places: KekPlaces) {
    this.#places = places
  }

  get file(): string {
    return this.#places.file
  }

  /** All there are. Throws `state_key_damaged`, `config_invalid` where others may read the file. */
  async read(): Promise<{ readonly keks: Kek[]; readonly next: Kek | undefined }> {
    const sealed = await this.#handedOver(CREDENTIAL_NAME)
    const kek = sealed ?? (await readKey(this.#places.file, true))
    if (kek === undefined) return { keks: [], next: undefined }
    const next = await (sealed === undefined ? this.#nextUnder(kek) : this.#handedOver(`${CREDENTIAL_NAME}-next`))
    if (next === undefined || next.id === kek.id) return { keks: [kek], next: undefined }
    return { keks: [kek, next], next }
  }

  /** Whether systemd hands the key over, so that only the host's administrator can put another in its place. */
  async areSealed(): Promise<boolean> {
    return (await this.#handedOver(CREDENTIAL_NAME)) !== undefined
  }

  /** Makes the first key. On disk when it returns. */
  async make(): Promise<Kek> {
    const bytes = randomBytes(KEY_BYTES)
    await this.#write(this.#places.file, bytes)
    return new Kek(bytes)
  }

  /** Puts back a key that came out of its recovery phrase. */
  restore(bytes: Buffer): Promise<void> {
    return this.#write(this.#places.file, bytes)
  }

  /** Makes the key that is to replace `current`, which stays until {@link promote}. */
  async makeNext(current: Kek): Promise<Kek> {
    const bytes = randomBytes(KEY_BYTES)
    await this.#write(this.#next, seal(current, bytes, NEXT))
    return new Kek(bytes)
  }

  /**
   * Everything is wrapped under `next`: it takes the place of the key before, which is gone after this. One that systemd hands over
   * takes it when the host's administrator says so.
   */
  async promote(next: Kek): Promise<void> {
    if (await this.areSealed()) return
    const bytes = next.copy()
    await this.#write(this.#places.file, bytes)
    bytes.fill(0)
    await this.#dropNext()
  }

  get #next(): string {
    return `${this.#places.file}.next`
  }

  async #handedOver(name: string): Promise<Kek | undefined> {
    const { credentialsFolder } = this.#places
    return credentialsFolder === undefined ? undefined : await readKey(join(credentialsFolder, name), false)
  }

  /** One that is not under `kek` was promoted already, or put there by somebody else: it is none. */
  async #nextUnder(kek: Kek): Promise<Kek | undefined> {
    const wrapped = await readFile(this.#next).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (wrapped === undefined) return undefined
    try {
      return new Kek(unseal([kek], wrapped, NEXT))
    } catch (error) {
      if (!(error instanceof EnvelopeFault)) throw error
      await this.#dropNext()
      return undefined
    }
  }

  async #dropNext(): Promise<void> {
    await rm(this.#next, { force: true })
    await syncFolder(dirname(this.#next))
  }

  async #write(path: string, bytes: Buffer): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // A draft of a crash may be half a key.
    await rm(`${path}.new`, { force: true })
    await writePrivateFile(path, bytes)
  }
}

async function readKey(path: string, owned: boolean): Promise<Kek | undefined> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new CastellanError('config_invalid', `The key ${path} cannot be opened (${error.code}).`)
  })
  if (file === undefined) return undefined
  try {
    const { mode, size } = await file.stat()
    if (owned && (mode & 0o077) !== 0) {
      throw new CastellanError('config_invalid', `Others may read the key ${path}; run: chmod 600 ${path}`)
    }
    const bytes = size === KEY_BYTES ? await file.readFile() : Buffer.alloc(0)
    if (bytes.length === KEY_BYTES) return new Kek(bytes)
    throw new CastellanError(
      'state_key_damaged',
      `The key ${path} has ${size} bytes instead of ${KEY_BYTES}, so it is damaged. Put it back from a copy, or from its ` +
        'recovery phrase: agentctl credential recover',
    )
  } finally {
    await file.close()
  }
}
