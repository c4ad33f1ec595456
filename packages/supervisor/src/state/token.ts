import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { CastellanError } from '@castellan/contracts'

/** `cst_` and 256 random bits in base64url. */
const tokenForm = /^cst_[A-Za-z0-9_-]{43}$/

/**
 * Makes the owner's bearer token where there is none. A file that is there stays: clients know its content. One that is
 * readable by others has been readable all along, so it is refused rather than quietly closed.
 */
export function ensureToken(file: string): void {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    writePrivate(file, `cst_${randomBytes(32).toString('base64url')}\n`)
    return
  }
  try {
    const found = fstatSync(descriptor)
    if (!found.isFile() || (found.mode & 0o077) !== 0) {
      throw new CastellanError(
        'config_invalid',
        `Others may read the owner's token in ${file}. Remove that file and start again; a new token is made.`,
      )
    }
    if (!tokenForm.test(readFileSync(descriptor, 'utf8').trim())) {
      throw new CastellanError(
        'config_invalid',
        `${file} does not hold a token (cst_ and 43 characters). Remove that file and start again; a new token is made.`,
      )
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a whole file with mode 0600, so that a reader sees the old content or the new, never half of it. */
export function writePrivate(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`
  const descriptor = openSync(
    fresh,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o600,
  )
  try {
    fchmodSync(descriptor, 0o600)
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(fresh, file)
}
