import { chmod, mkdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { CastellanError, type ToolProgress } from '@castellan/contracts'
import { ClaimError, type ClaimedFile, claimFile, claimFolder, folderDigest } from '@castellan/quarantine'
import { bytesOf } from '../host/files/content.ts'
import type { Files } from '../host/files/files.ts'
import type { Place } from '../host/files/walk.ts'

/** A signature file is some kilobytes. */
const MOST_BUNDLE_BYTES = 4 * 1024 * 1024
/** Between two words of progress, in bytes. */
const TELL_BYTES = 64 * 1024 * 1024

interface ClaimLimits {
  readonly maxBytes: number
  readonly signal: AbortSignal
  readonly tell: (progress: ToolProgress) => void
}

/** What was taken in. `digest` is the file's where there is one, and names the folder as a whole otherwise. */
export interface ClaimedCandidate {
  readonly files: readonly ClaimedFile[]
  readonly isFolder: boolean
  readonly digest: string
  readonly bytes: number
}

/**
 * Copies what lies at a granted path into a new folder: a file as `model` with its ending, a folder as it is. The last part of the
 * path is not followed where it is a link. Throws `ClaimError`, and what walking the path throws.
 */
export async function claimCandidate(
  { walker }: Pick<Files, 'walker'>,
  path: string,
  folder: string,
  limits: ClaimLimits,
): Promise<ClaimedCandidate> {
  using place = await walker.walk(path, 'keep')
  const { descriptor, stats } = place.existing
  if (!stats.isDirectory()) {
    const file = await claimOne(place, folder, limits)
    return { files: [file], isFolder: false, digest: file.sha256, bytes: file.bytes }
  }
  const files = await claimFolder(descriptor.self, folder, { ...limits, progress: meter(limits, 0) })
  return { files, isFolder: true, digest: folderDigest(files), bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
}

async function claimOne(place: Place, folder: string, limits: ClaimLimits): Promise<ClaimedFile> {
  const { descriptor, stats } = place.existing
  if (!stats.isFile()) {
    throw new ClaimError('not_a_file', 'It is no regular file: links, FIFOs, devices and sockets are not taken in.')
  }
  await mkdir(folder, { mode: 0o755 })
  await chmod(folder, 0o755)
  // Its ending says what kind it has to be; the rest of the name is somebody else's words.
  const ending = extname(basename(place.path)).toLowerCase()
  const name = `model${/^\.[a-z0-9]{1,16}$/.test(ending) ? ending : ''}`
  await using from = await descriptor.open(0)
  const progress = meter(limits, Number(stats.size))
  return { name, ...(await claimFile(from, join(folder, name), { ...limits, progress })) }
}

/** The text of the signature that came with it. Throws `invalid_arguments` for what is none. */
export async function readBundle(
  { walker }: Pick<Files, 'walker'>,
  path: string | undefined,
): Promise<string | undefined> {
  if (path === undefined) return undefined
  using place = await walker.walk(path)
  const { descriptor, stats } = place.existing
  if (!stats.isFile() || stats.size > BigInt(MOST_BUNDLE_BYTES)) {
    throw new CastellanError('invalid_arguments', `${place.path} is no signature file: those are small JSON files.`)
  }
  await using file = await descriptor.open(0)
  return (await bytesOf(file, 0, Number(stats.size))).toString('utf8')
}

function meter({ tell }: ClaimLimits, total: number): (done: number) => void {
  let told = 0
  return (done) => {
    if (done - told < TELL_BYTES) return
    told = done
    tell({ message: 'Copying', done, total: Math.max(done, total) })
  }
}
