import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { writePrivateFile } from '../host/files/durable.ts'

const KEY_BYTES = 32
const ID_BYTES = 32

/**
 * The keys under which agentd encrypts what it keeps on disk. One root key lies in `state.key` (32 random bytes, 0600),
 * made once; every use has a key of its own, derived from it by HKDF-SHA-256 (RFC 5869), so no two uses share one.
 *
 * Beside it `state.key.id` tells which key it was, without telling anything about it (HMAC-SHA-256 of a constant under
 * the key). A root key that is gone, cut or another one is therefore noticed before anything is read or written under
 * it: what was encrypted would be lost behind a silently made new one.
 */
export class StateKeys {
  readonly #root: Buffer

  private constructor(root: Buffer) {
    this.#root = root
  }

  /**
   * Opens the root key in `folder`, which exists; makes it where there never was one. `encrypted` are paths of data
   * under this key: where any of it is there, the key has to be too. Throws `state_key_missing`, `state_key_damaged` or
   * `state_key_foreign`.
   */
  static async open(folder: string, encrypted: readonly string[] = []): Promise<StateKeys> {
    const keyFile = join(folder, 'state.key')
    const idFile = `${keyFile}.id`
    const [key, id] = await Promise.all([readIfThere(keyFile), readIfThere(idFile)])
    if (key === undefined) return new StateKeys(await makeKey(keyFile, idFile, id, encrypted))
    if (key.length !== KEY_BYTES) throw damaged(keyFile, key.length)
    // A crash after the key and before its id: nothing was encrypted in between.
    if (id === undefined) await writePrivateFile(idFile, idOf(key))
    else if (id.length !== ID_BYTES || !timingSafeEqual(id, idOf(key))) throw foreign(keyFile)
    return new StateKeys(key)
  }

  /** The 32-byte key of one use; the same each time. `purpose` says what for, in words: `castellan trash contents v1`. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#root, '', purpose, KEY_BYTES))
  }
}

async function makeKey(
  keyFile: string,
  idFile: string,
  id: Buffer | undefined,
  encrypted: readonly string[],
): Promise<Buffer> {
  const present = id !== undefined ? idFile : await firstPresent(encrypted)
  if (present !== undefined) throw missing(keyFile, present)
  const key = randomBytes(KEY_BYTES)
  await writePrivateFile(keyFile, key)
  await writePrivateFile(idFile, idOf(key))
  return key
}

function idOf(key: Buffer): Buffer {
  return createHmac('sha256', key).update('castellan state key id v1').digest()
}

/** The first of these paths that is a file with content or a folder with anything in it. */
async function firstPresent(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const stats = await stat(path).catch(ifThere)
    if (stats === undefined) continue
    if (stats.isDirectory() ? (await readdir(path)).length > 0 : stats.size > 0) return path
  }
  return undefined
}

function readIfThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch(ifThere)
}

function ifThere(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}

const wayOut =
  'Put the file back from a copy. Without one, what it encrypted (trash, undo, memory) cannot be read by anybody: move ' +
  "agentd's state folder away to start afresh."

function missing(keyFile: string, present: string): CastellanError {
  return new CastellanError('state_key_missing', `${keyFile} is gone, though ${present} is still there. ${wayOut}`)
}

function damaged(keyFile: string, bytes: number): CastellanError {
  return new CastellanError(
    'state_key_damaged',
    `${keyFile} has ${bytes} bytes instead of ${KEY_BYTES}, so it is damaged. ${wayOut}`,
  )
}

function foreign(keyFile: string): CastellanError {
  return new CastellanError(
    'state_key_foreign',
    `${keyFile} is not the key that was used here before (${keyFile}.id tells). ${wayOut}`,
  )
}
