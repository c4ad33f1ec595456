import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { open } from 'node:fs/promises'
import { UsageError } from './exit.ts'

/** An operator key on this machine: the private half stays in its file, and nothing here prints it. */
export interface OperatorKeyFile {
  /** Raw 32 bytes (RFC 8032), base64: what is enrolled. */
  readonly publicKey: string
  /** An Ed25519 signature over the text's UTF-8, base64. */
  sign(text: string): string
}

/** Makes a key in a new private file (PKCS #8 in PEM, mode 0600). Throws `UsageError` where the file is there already. */
export async function newKeyFile(path: string): Promise<OperatorKeyFile> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'EEXIST' ? 'is there already; a key is never written over' : `cannot be made (${error.code})`
    throw new UsageError(`${path} ${why}.`)
  })
  try {
    await file.writeFile(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    await file.sync()
  } finally {
    await file.close()
  }
  return keyFrom(privateKey)
}

/** Reads a key. Throws `UsageError` for what is no Ed25519 key, or can be read by others than its owner. */
export async function readKeyFile(path: string): Promise<OperatorKeyFile> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The key file ${path} cannot be read (${error.code}).`)
  })
  try {
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) {
      throw new UsageError(`Others can read the key file ${path}. Make it private first: chmod 600 ${path}`)
    }
    const key = asKey(await file.readFile('utf8'))
    if (key?.asymmetricKeyType === 'ed25519') return keyFrom(key)
    throw new UsageError(`${path} holds no Ed25519 key. \`agentctl operator key new FILE\` makes one.`)
  } finally {
    await file.close()
  }
}

function asKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function keyFrom(privateKey: KeyObject): OperatorKeyFile {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return {
    publicKey: spki.subarray(-32).toString('base64'),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  }
}
