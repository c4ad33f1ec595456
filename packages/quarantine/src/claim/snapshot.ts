import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { copyFile, type FileHandle, open } from 'node:fs/promises'
import { ClaimError } from './error.ts'

/** What was taken in: the digest is that of the copy, which is all that anybody looks at from here on. */
export interface Snapshot {
  readonly bytes: number
  readonly sha256: string
}

export interface ClaimOptions {
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** Told how many bytes were copied, or were hashed where copying cost nothing. */
  readonly progress?: (bytes: number) => void
}

const CHUNK_BYTES = 1024 * 1024
/** Nothing on the way is followed, and opening a FIFO does not wait for somebody to write. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Opens what is to be claimed. Throws `not_a_file` for a link, a FIFO, a device, a socket, a folder. */
export async function openSource(path: string): Promise<FileHandle> {
  const file = await open(path, READ).catch((error: NodeJS.ErrnoException) => {
    // ELOOP: a link. ENXIO: a socket, or a device without anything behind it.
    if (error.code === 'ELOOP' || error.code === 'ENXIO') throw notAFile(path)
    throw error
  })
  const stats = await file.stat({ bigint: true })
  if (stats.isFile()) return file
  await file.close()
  throw notAFile(path)
}

/**
 * Copies an open file to a new path (0444) in a folder that is nobody's but ours. The copy is a reflink where the file system has
 * them: then it is of one moment. The source is never looked at again, so whatever happens to it later is harmless; where it
 * changed while it was copied, that shows in its inode, and it is refused. Throws `not_a_file`, `hard_link`, `too_large`,
 * `changed`.
 */
export async function claimFile(from: FileHandle, to: string, options: ClaimOptions): Promise<Snapshot> {
  const before = await from.stat({ bigint: true })
  refuseUnfit(before, options.maxBytes)
  const cloned = await clone(from, to)
  await using copy = await open(to, cloned ? constants.O_RDWR | constants.O_NOFOLLOW : 'wx+', 0o600)
  const snapshot = cloned ? await hashOf(copy, options) : await copyInto(from, copy, options)
  await copy.chmod(0o444)
  await copy.sync()
  const after = await from.stat({ bigint: true })
  if (!isSame(before, after) || BigInt(snapshot.bytes) !== before.size) {
    throw new ClaimError('changed', 'It was written to while it was copied. Import it once it is whole.')
  }
  return snapshot
}

/** SHA-256 of an open file from its beginning. */
export async function hashOf(file: FileHandle, { signal, progress, maxBytes }: ClaimOptions): Promise<Snapshot> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  for (let bytes = 0; ; ) {
    signal.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, buffer.length, bytes)
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') }
    hash.update(buffer.subarray(0, bytesRead))
    bytes += bytesRead
    refuseLarge(bytes, maxBytes)
    progress?.(bytes)
  }
}

/** A reflink of the open file, by the kernel's own path to it. False where the file system has none; then nothing is there. */
async function clone(from: FileHandle, to: string): Promise<boolean> {
  const mode = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE
  return copyFile(`/proc/self/fd/${from.fd}`, to, mode).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      return false
    },
  )
}

async function copyInto(
  from: FileHandle,
  to: FileHandle,
  { signal, progress, maxBytes }: ClaimOptions,
): Promise<Snapshot> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  for (let bytes = 0; ; ) {
    signal.throwIfAborted()
    const { bytesRead } = await from.read(buffer, 0, buffer.length, bytes)
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') }
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    for (let written = 0; written < bytesRead; ) {
      written += (await to.write(chunk, written, bytesRead - written, bytes + written)).bytesWritten
    }
    bytes += bytesRead
    refuseLarge(bytes, maxBytes)
    progress?.(bytes)
  }
}

function refuseUnfit(stats: BigIntStats, maxBytes: number): void {
  if (!stats.isFile()) throw new ClaimError('not_a_file', 'It is no regular file.')
  if (stats.nlink !== 1n) {
    throw new ClaimError(
      'hard_link',
      `It has ${stats.nlink} names (hard links): what is behind another name could be changed from there. Copy it first.`,
    )
  }
  refuseLarge(Number(stats.size), maxBytes)
}

function refuseLarge(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw new ClaimError('too_large', `It has ${bytes} bytes or more; at most ${maxBytes} are taken in.`)
}

/** Any write, truncation, rename or change of rights moves ctime. */
function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return (
    before.dev === after.dev &&
    before.ino === after.ino &&
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.ctimeNs === after.ctimeNs &&
    before.nlink === after.nlink
  )
}

function notAFile(path: string): ClaimError {
  return new ClaimError(
    'not_a_file',
    `${path} is no regular file: links, FIFOs, devices, sockets and folders are not taken in.`,
  )
}
