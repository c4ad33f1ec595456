import { hkdfSync, randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PayloadCipher } from '../entry/payload.ts'
import { damaged, fromSystemError, LedgerError } from '../error.ts'
import { decodeBase64 } from '../note/base64.ts'
import { makeSigner, parseVkey, type Signer, type Verifier } from '../note/keys.ts'
import { exists, syncFolder, writeFileDurably } from './files.ts'
import { READ } from './open-flags.ts'

/** What the key folder holds, each 0600: `signing.key` and `payload.key`, 32 bytes of base64 on a line. */
export interface LedgerKeys {
  readonly signer: Signer
  readonly cipher: PayloadCipher
  /** Key of the search index, derived from the payload key: who can read payloads can read it, nobody else. */
  readonly indexKey: Buffer
}

const KEYS_FILE = 'vkeys'

/** Makes both keys and the log's public `vkeys` file. */
export async function createKeys(dir: string, keyDir: string, origin: string): Promise<LedgerKeys> {
  await writeFileDurably(join(keyDir, 'signing.key'), `${randomBytes(32).toString('base64')}\n`)
  await writeFileDurably(join(keyDir, 'payload.key'), `${randomBytes(32).toString('base64')}\n`)
  const seed = await readSecret(join(keyDir, 'signing.key'))
  await writeVerifiers(dir, [makeSigner(origin, seed).verifier])
  return readKeys(keyDir, origin)
}

export async function readKeys(keyDir: string, origin: string): Promise<LedgerKeys> {
  const seed = await readSecret(join(keyDir, 'signing.key'))
  const payloadKey = await readSecret(join(keyDir, 'payload.key'))
  const indexKey = Buffer.from(hkdfSync('sha256', payloadKey, '', 'castellan ledger index v1', 32))
  return { signer: makeSigner(origin, seed), cipher: new PayloadCipher(payloadKey), indexKey }
}

/** The signing key in a key folder. */
export async function readSigner(keyDir: string, origin: string): Promise<Signer> {
  return makeSigner(origin, await readSecret(join(keyDir, 'signing.key')))
}

/** The log's public keys, oldest first, from its `vkeys` file: one a line. Null where the log has no such file yet. */
export async function readVerifiers(dir: string): Promise<Verifier[] | null> {
  const text = await readFile(join(dir, KEYS_FILE), { encoding: 'utf8', flag: READ }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw fromSystemError(error, `Reading ${join(dir, KEYS_FILE)}`)
    },
  )
  if (text === null) return null
  const bad = (why: string, cause?: unknown) =>
    damaged(`The vkeys file is not as written: ${why}`, { subject: 'keys', file: KEYS_FILE }, cause)
  let verifiers: Verifier[]
  try {
    verifiers = text.split('\n').filter(Boolean).map(parseVkey)
  } catch (cause) {
    throw bad('a line of it is no verifier key', cause)
  }
  if (new Set(verifiers.map(({ vkey }) => vkey)).size < verifiers.length) throw bad('it lists a key twice')
  if (verifiers.length === 0 || `${verifiers.map(({ vkey }) => vkey).join('\n')}\n` !== text)
    throw bad('it is no list of keys, one a line')
  return verifiers
}

export async function writeVerifiers(dir: string, verifiers: readonly Verifier[]): Promise<void> {
  await writeFileDurably(join(dir, KEYS_FILE), `${verifiers.map(({ vkey }) => vkey).join('\n')}\n`, 0o644)
}

const NEXT_KEY_FILE = 'signing.key.next'

/** Makes the key that is to follow; it counts once its introduction is an entry of the log. */
export async function prepareNextKey(keyDir: string, origin: string): Promise<Signer> {
  await writeFileDurably(join(keyDir, NEXT_KEY_FILE), `${randomBytes(32).toString('base64')}\n`)
  return makeSigner(origin, await readSecret(join(keyDir, NEXT_KEY_FILE)))
}

/** The key that a rotation has prepared but not yet put in place, null where there is none. */
export async function readNextKey(keyDir: string, origin: string): Promise<Signer | null> {
  return (await exists(join(keyDir, NEXT_KEY_FILE)))
    ? makeSigner(origin, await readSecret(join(keyDir, NEXT_KEY_FILE)))
    : null
}

/** Puts the prepared key in the place of the old one, and overwrites the old one on the disk. */
export async function adoptNextKey(keyDir: string): Promise<void> {
  const path = join(keyDir, 'signing.key')
  const old = await open(path, 'r+')
  try {
    await rename(join(keyDir, NEXT_KEY_FILE), path)
    await syncFolder(keyDir)
    const { size } = await old.stat()
    await old.write(Buffer.alloc(size), 0, size, 0)
    await old.sync()
  } finally {
    await old.close()
  }
}

/** Drops a prepared key that never came into use. */
export async function dropNextKey(
  dir: string,
  keyDir: string,
  verifiers: readonly Verifier[],
  next: Signer,
): Promise<void> {
  await writeVerifiers(
    dir,
    verifiers.filter(({ vkey }) => vkey !== next.verifier.vkey),
  )
  await rm(join(keyDir, NEXT_KEY_FILE))
}

async function readSecret(path: string): Promise<Buffer> {
  const text = await readFile(path, { encoding: 'utf8', flag: READ }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw fromSystemError(error, `Reading ${path}`)
    throw new LedgerError(
      'ledger_unavailable',
      `${path} is missing, so the log can be neither signed nor read in full. Restore it from backup, or move the ledger folder aside to begin a new log.`,
    )
  })
  const secret = decodeBase64(text.trimEnd())
  if (secret === null || secret.length !== 32) {
    throw new LedgerError('ledger_unavailable', `${path} does not hold 32 bytes of base64. Restore it from backup.`)
  }
  return secret
}
