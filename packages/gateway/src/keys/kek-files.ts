import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { syncFolder, writePrivateFile } from '@castellan/daemon'
import { KEY_BYTES, Kek } from './kek.ts'

/** The names under which systemd hands the key over: `LoadCredentialEncrypted=castellan-gateway-kek`. */
export const CREDENTIAL_NAME = 'castellan-gateway-kek'

export interface KekPlaces {
  /** The key file (0600), made where there is neither it nor a credential of systemd. */
  readonly file: string
  /** `$CREDENTIALS_DIRECTORY` of systemd.exec(5); undefined where systemd started nobody. */
  readonly credentialsFolder: string | undefined
}

/**
 * Where the key-encryption key comes from: a credential of systemd, which it unsealed with the host's key or its TPM2, and then
 * the key file. Beside each may lie the next one (`NAME-next`, `FILE.next`), while everything is being wrapped under it.
 */
export class KekFiles {
  readonly #places: KekPlaces

  constructor(places: KekPlaces) {
    this.#places = places
  }

  get file(): string {
    return this.#places.file
  }

  /** All there are, the one to wrap under first. Throws `state_key_damaged`, `config_invalid` where others may read the file. */
  async read(): Promise<{ readonly keks: Kek[]; readonly next: Kek | undefined }> {
    const { file, credentialsFolder } = this.#places
    const sealed = (name: string) =>
      credentialsFolder === undefined ? undefined : readKey(join(credentialsFolder, name), false)
    const next = (await sealed(`${CREDENTIAL_NAME}-next`)) ?? (await readKey(`${file}.next`, true))
    const keks = [next, await sealed(CREDENTIAL_NAME), await readKey(file, true)]
    return { keks: keks.filter((kek) => kek !== undefined), next }
  }

  /** Whether systemd hands the key over, so that only the host's administrator can put another in its place. */
  async areSealed(): Promise<boolean> {
    const { credentialsFolder } = this.#places
    if (credentialsFolder === undefined) return false
    return (await readKey(join(credentialsFolder, CREDENTIAL_NAME), false)) !== undefined
  }

  /** Makes the first key. On disk when it returns. */
  async make(): Promise<Kek> {
    return this.#write(this.#places.file, randomBytes(KEY_BYTES))
  }

  /** Puts back a key that came out of its recovery phrase. */
  async restore(bytes: Buffer): Promise<Kek> {
    return this.#write(this.#places.file, bytes)
  }

  /** Makes the key that is to replace this one; the one there is stays until {@link promote}. */
  async makeNext(): Promise<Kek> {
    return this.#write(`${this.#places.file}.next`, randomBytes(KEY_BYTES))
  }

  /** Everything is wrapped under the next key: it takes the place of the one before, which is gone after this. */
  async promote(): Promise<void> {
    const { file } = this.#places
    await rename(`${file}.next`, file).catch((error: NodeJS.ErrnoException) => {
      // A next one that systemd hands over takes the other's place when the host's administrator renames it.
      if (error.code !== 'ENOENT') throw error
    })
    await syncFolder(dirname(file))
  }

  async #write(path: string, bytes: Buffer): Promise<Kek> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // A draft of a crash may be half a key.
    await rm(`${path}.new`, { force: true })
    await writePrivateFile(path, bytes)
    return new Kek(bytes)
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
