import type { BigIntStats } from 'node:fs'
import { readdir, statfs } from 'node:fs/promises'
import { Descriptor } from './descriptor.ts'
import { isErrno } from './errors.ts'
import type { Grants } from './grants.ts'
import { isKernelFileSystem } from './kernel-files.ts'
import { joinPath, splitPath } from './path.ts'
import { Place } from './walk.ts'

/** Folders within folders that a walk goes into: each is held open while it is inside. */
const MAX_DEPTH = 64

export interface TreeOptions {
  readonly signal: AbortSignal
  /** Go on at this path below the start, in the order of the walk. */
  readonly from?: readonly string[] | undefined
  /** Go into other file systems that are mounted below; not without it. */
  readonly crossing?: boolean
  /** Told what is passed over, and why. */
  readonly onSkipped?: (path: string, why: SkipReason) => void
}

export type SkipReason = 'not granted' | 'kernel files' | 'other file system' | 'no permission' | 'too deep' | 'name'

/** One thing a walk came to. Held until the walk goes on. */
export interface TreeEntry {
  readonly place: Place
  readonly stats: BigIntStats
  /** Names from the start of the walk to it; empty for the start itself. */
  readonly names: readonly string[]
}

/**
 * Everything at and below a place: a folder before what is in it, names in the order of their bytes. Links are never
 * followed, and each folder is opened below the one that is held, so nothing swapped on the way leads out. Folders that
 * are not granted and the kernel's file systems are passed over; what vanishes meanwhile is left out.
 */
export async function* walkTree(start: Place, grants: Grants, options: TreeOptions): AsyncGenerator<TreeEntry> {
  const { stats, descriptor } = start.existing
  if (options.from === undefined || options.from.length === 0) yield { place: start, stats, names: [] }
  if (!stats.isDirectory()) return
  yield* below(descriptor, splitPath(start.path), [], stats, grants, options)
}

async function* below(
  folder: Descriptor,
  path: readonly string[],
  names: readonly string[],
  above: BigIntStats,
  grants: Grants,
  options: TreeOptions,
): AsyncGenerator<TreeEntry> {
  const { from } = options
  const first = from !== undefined && startsAlike(from, names) ? from[names.length] : undefined
  for (const name of await namesIn(folder, [...path], options)) {
    options.signal.throwIfAborted()
    if (first !== undefined && Buffer.compare(Buffer.from(name), Buffer.from(first)) < 0) continue
    // The folders on the way to where the walk goes on were yielded in its earlier part.
    const passed = name === first && from !== undefined && from.length > names.length + 1
    const child = await open(folder, name, options, [...path, name])
    if (child === null) continue
    using descriptor = child
    const stats = await descriptor.stat()
    const childPath = [...path, name]
    const why = await whyNot(descriptor, stats, childPath, above, grants, options, names.length)
    if (why !== null) {
      options.onSkipped?.(joinPath(childPath), why)
      if (why !== 'too deep' && why !== 'other file system') continue
    }
    const childNames = [...names, name]
    if (!passed) yield { place: placeOf(folder, name, descriptor, stats, childPath, grants), stats, names: childNames }
    if (stats.isDirectory() && why === null) yield* below(descriptor, childPath, childNames, stats, grants, options)
  }
}

async function whyNot(
  descriptor: Descriptor,
  stats: BigIntStats,
  path: readonly string[],
  above: BigIntStats,
  grants: Grants,
  { crossing = false }: TreeOptions,
  depth: number,
): Promise<SkipReason | null> {
  if (grants.access(path) === 'none') return 'not granted'
  if (!stats.isDirectory()) return null
  if (stats.dev !== above.dev) {
    if (isKernelFileSystem((await statfs(descriptor.self)).type)) return 'kernel files'
    if (!crossing) return 'other file system'
  }
  return depth + 1 >= MAX_DEPTH ? 'too deep' : null
}

async function namesIn(folder: Descriptor, path: string[], { onSkipped }: TreeOptions): Promise<string[]> {
  try {
    const names = (await readdir(folder.self, { encoding: 'buffer' })).sort(Buffer.compare)
    return names.flatMap((bytes) => {
      const name = bytes.toString()
      if (Buffer.from(name).equals(bytes)) return [name]
      onSkipped?.(joinPath([...path, name]), 'name')
      return []
    })
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'ENOENT')) throw error
    onSkipped?.(joinPath(path), 'no permission')
    return []
  }
}

async function open(
  folder: Descriptor,
  name: string,
  { onSkipped }: TreeOptions,
  path: readonly string[],
): Promise<Descriptor | null> {
  try {
    return await Descriptor.place(folder.child(name))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error
    onSkipped?.(joinPath(path), 'no permission')
    return null
  }
}

function placeOf(
  folder: Descriptor,
  name: string,
  descriptor: Descriptor,
  stats: BigIntStats,
  path: readonly string[],
  grants: Grants,
): Place {
  const access = grants.access(path)
  return new Place({ folder, name, found: { descriptor, stats }, path: joinPath(path), access, missing: [] }, [])
}

function startsAlike(path: readonly string[], start: readonly string[]): boolean {
  return path.length > start.length && start.every((name, index) => name === path[index])
}
