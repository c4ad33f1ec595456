import { hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { replacePrivateFile } from '../state/private-file.ts'

const KEY_BYTES = 32

/** What a key is for; no two uses share one. */
export type AccessPurpose = 'tokens' | 'idempotency' | 'passphrase' | 'devices'

/**
 * The keys of who may speak to the gateway. They are apart from the credential store's, which can be locked: a gateway
 * that forgot what it calls providers with still has to know its owner.
 */
export class AccessKeys {
  readonly #root: Buffer

  private constructor(root: Buffer) {
    this.#root = root
  }

  /** With the root key in a file (32 bytes, mode 0600, made where there is none). Throws `config_invalid`. */
  static async open(path: string): Promise<AccessKeys> {
    const root = await readKey(path)
    if (root.length === KEY_BYTES) return new AccessKeys(root)
    throw new CastellanError(
      'config_invalid',
      `${path} has ${root.length} bytes and is no key. Put it back from a backup, or remove it: then no token but the ` +
        'owner’s is good any more.',
    )
  }

  /** 32 bytes by HKDF-SHA-256 (RFC 5869), the same each time. */
  derive(purpose: AccessPurpose): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#root, '', `castellan gateway ${purpose} v1`, KEY_BYTES))
  }
}

async function readKey(path: string): Promise<Buffer> {
  const found = await readIfThere(path)
  if (found !== undefined) return found
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Linked into place, so that of two who make it at once one wins and both read the same.
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await replacePrivateFile(draft, randomBytes(KEY_BYTES))
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  return readFile(path)
}

function readIfThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
