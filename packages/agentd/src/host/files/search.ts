import { CastellanError } from '@castellan/contracts'
import { openContent } from './content.ts'
import { isErrno } from './errors.ts'
import { fitsGlob } from './glob.ts'
import type { Grants } from './grants.ts'
import { scan, sought } from './scan.ts'
import { type FileKind, kindOf } from './stats.ts'
import { walkTree } from './tree.ts'
import type { Trust } from './trust.ts'
import type { Place } from './walk.ts'

/** Larger files are not looked through, in bytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** Lines shown of one file. */
const MAX_LINES_PER_FILE = 20

export interface SearchQuery {
  /** Pattern for names, with `*` and `?`; every name without it. */
  readonly name?: string | undefined
  /** Literal text that a file has to contain. */
  readonly contains?: string | undefined
  readonly ignoreCase: boolean
  readonly limit: number
  /** Where an earlier answer ended: names from the start of the search. */
  readonly after?: readonly string[] | undefined
}

/** At which a search stops and says where to go on. */
export interface SearchBudget {
  readonly milliseconds: number
  readonly entries: number
  readonly bytes: number
}

export interface SearchHit {
  readonly path: string
  readonly kind: FileKind
  readonly sizeBytes: number
  readonly modifiedAt: Date
  /** Only of a search in contents; 0 and empty otherwise. */
  readonly line: number
  readonly text: string
}

export interface SearchResult {
  readonly path: string
  readonly hits: readonly SearchHit[]
  readonly searchedEntries: number
  readonly readBytes: number
  /** What was passed over: not granted, not readable, too large, not text, another file system. */
  readonly skipped: number
  /** Whether anything shown may be somebody else's words. */
  readonly untrusted: boolean
  /** Where to go on; null at the end. */
  readonly next: readonly string[] | null
}

/** Looks for files below a place by name and by what is in them. Binary files and what others may not see are counted. */
export async function searchTree(
  start: Place,
  { grants, trust }: { grants: Grants; trust: Trust },
  query: SearchQuery,
  budget: SearchBudget,
  signal: AbortSignal,
): Promise<SearchResult> {
  const startedAt = performance.now()
  const hits: SearchHit[] = []
  const pattern = query.ignoreCase ? query.name?.toLowerCase() : query.name
  const text = query.contains === undefined ? undefined : sought(query.contains, query.ignoreCase)
  let [searchedEntries, readBytes, skipped, untrusted] = [0, 0, 0, false]
  const onSkipped = () => {
    skipped += 1
  }
  for await (const { place, stats, names } of walkTree(start, grants, { signal, after: query.after, onSkipped })) {
    searchedEntries += 1
    const name = place.path.slice(place.path.lastIndexOf('/') + 1)
    const named = pattern === undefined || fitsGlob(query.ignoreCase ? name.toLowerCase() : name, pattern)
    const isStart = names.length === 0 && stats.isDirectory()
    if (named && !isStart) {
      const facts = {
        path: place.path,
        kind: kindOf(stats),
        sizeBytes: Number(stats.size),
        modifiedAt: stats.mtime,
      }
      if (text === undefined) {
        hits.push({ ...facts, line: 0, text: '' })
        untrusted ||= trust.untrusted(stats, place.path)
      } else if (stats.isFile()) {
        const room = Math.min(MAX_LINES_PER_FILE, query.limit - hits.length)
        const found = await lookThrough(place, text, room, signal)
        readBytes += found?.readBytes ?? 0
        if (found === null || found.binary) skipped += 1
        for (const line of found?.lines ?? []) hits.push({ ...facts, ...line })
        if ((found?.lines.length ?? 0) > 0) untrusted ||= trust.untrusted(stats, place.path)
      }
    }
    const spent = performance.now() - startedAt >= budget.milliseconds
    if (hits.length >= query.limit || searchedEntries >= budget.entries || readBytes >= budget.bytes || spent) {
      const next = names.length === 0 && !stats.isDirectory() ? null : names
      return { path: start.path, hits, searchedEntries, readBytes, skipped, untrusted, next }
    }
  }
  return { path: start.path, hits, searchedEntries, readBytes, skipped, untrusted, next: null }
}

/** Null for a file that is too large or must not be read. */
async function lookThrough(place: Place, text: ReturnType<typeof sought>, maxLines: number, signal: AbortSignal) {
  if (place.existing.stats.size > BigInt(MAX_FILE_BYTES)) return null
  try {
    await using file = await openContent(place)
    return await scan(file, text, { maxLines, maxBytes: MAX_FILE_BYTES, signal })
  } catch (error) {
    const passed = error instanceof CastellanError || isErrno(error, 'EACCES', 'EPERM', 'ENOENT', 'EIO')
    if (passed && !signal.aborted) return null
    throw error
  }
}
