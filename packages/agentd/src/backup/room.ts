import { statfs } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import type { Files } from '../host/files/files.ts'
import { walkTree } from '../host/files/tree.ts'

/** What stays free on the disk in any case, in bytes: a full root file system stops more than backups. */
const RESERVE_BYTES = 64 * 1024 * 1024
/** Messages, records and names make a container a little larger than what is in it. */
const OVERHEAD = 1.01
const PER_ENTRY_BYTES = 512

export interface Size {
  readonly fileBytes: number
  /** What a backup of it takes, holes left out. */
  readonly diskBytes: number
  /** The largest file: a database is copied before it is written. */
  readonly largestBytes: number
}

/** The real paths to back up, without those that lie in another. Throws what walking throws, and `not_found`. */
export async function rootsOf(files: Files, paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  for (const path of paths) {
    using place = await files.walker.walk(path, 'keep')
    if (place.found !== null) found.add(place.path)
    else throw new CastellanError('not_found', `${JSON.stringify(place.path)} does not exist, so nothing is backed up.`)
  }
  const all = [...found].sort()
  return all.filter((path) => !all.some((other) => other !== path && path.startsWith(`${other === '/' ? '' : other}/`)))
}

/** Adds up what is there, before anything is written. */
export async function measure(files: Files, roots: readonly string[], signal: AbortSignal): Promise<Size> {
  let [fileBytes, diskBytes, largestBytes] = [0, 0, 0]
  for (const root of roots) {
    using start = await files.walker.walk(root, 'keep')
    for await (const { stats } of walkTree(start, files.grants, { signal })) {
      diskBytes += PER_ENTRY_BYTES
      if (!stats.isFile()) continue
      fileBytes += Number(stats.size)
      diskBytes += Math.min(Number(stats.size), Number(stats.blocks) * 512)
      largestBytes = Math.max(largestBytes, Math.min(Number(stats.size), Number(stats.blocks) * 512))
    }
  }
  return { fileBytes, diskBytes: Math.ceil(diskBytes * OVERHEAD), largestBytes }
}

/** Refuses early what would not fit: `disk_full`. `trial`: it will be restored to a scratch folder as well. */
export async function ensureRoom(
  { folder, quotaBytes }: { readonly folder: string; readonly quotaBytes?: number | undefined },
  usedBytes: number,
  size: Size,
  trial: boolean,
): Promise<void> {
  if (quotaBytes !== undefined && usedBytes + size.diskBytes > quotaBytes) {
    throw new CastellanError(
      'disk_full',
      `This backup would take about ${megabytes(size.diskBytes)}, and the backups there are take ${megabytes(usedBytes)} of the ` +
        `${megabytes(quotaBytes)} that they may. Keep fewer, back up less, or raise backups.quotaBytes.`,
    )
  }
  const free = await freeBytes(folder)
  const needed = size.diskBytes * (trial ? 2 : 1) + size.largestBytes
  if (needed <= free) return
  const hint = trial ? ' Without the trial restore (check: decrypt) it needs about half.' : ''
  throw new CastellanError(
    'disk_full',
    `This needs about ${megabytes(needed)} where backups are kept, and ${megabytes(free)} are free there.${hint} Free space, or name ` +
      'another folder in backups.folder.',
  )
}

/** Refuses early what would not fit into a folder, shown to people as `name`: `disk_full`. */
export async function ensureFree(folder: string, name: string, neededBytes: number): Promise<void> {
  const free = await freeBytes(folder)
  if (neededBytes <= free) return
  throw new CastellanError(
    'disk_full',
    `Restoring this to ${name} needs about ${megabytes(neededBytes)}, and ${megabytes(free)} are free there. Free space, choose ` +
      'another disk, or restore only a part.',
  )
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.max(0, bavail * bsize - RESERVE_BYTES)
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`
}
