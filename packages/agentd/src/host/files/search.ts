import { CastellanError } from '@castellan/contracts'
import { openContent } from './content.ts'
import { isErrno } from './errors.ts'
import { fitsGlob } from './glob.ts'
import type { Grants } from './grants.ts'
import { type Sought, scan, sought } from './scan.ts'
import { type FileKind, kindOf } from './stats.ts'
import { walkTree } from './tree.ts'
import type { Trust } from './trust.ts'
import type { Place } from './walk.ts'

/** Larger files are not looked through, in bytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024

/** The last thing that was shown or looked at. */
export interface SearchPosition {
  /** Names from the start of the search. */
  readonly names: readonly string[]
  /** The last line of it that was shown; null where all of it was looked at. */
  readonly line: number | null
}

export interface SearchQuery {
  /** Pattern for names, with `*` and `?`; every name without it. */
  readonly name?: string | undefined
  /** Literal text that a file has to contain. */
  readonly contains?: string | undefined
  readonly ignoreCase: boolean
  readonly limit: number
  /** Where an earlier answer ended. */
  readonly after?: SearchPosition | undefined
}

/** At which a search stops and says where to go on. */
export interface SearchBudget {
  readonly milliseconds: number
  readonly entries: number
  readonly bytes: number
}

export interface SearchHit {
  readonly names: readonly string[]
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
  readonly next: SearchPosition | null
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
  for await (const { place, stats, names } of walkTree(start, grants, {
    signal,
    from: query.after?.names,
    onSkipped,
  })) {
    const after = query.after !== undefined && sameNames(names, query.after.names) ? query.after : undefined
    if (after?.line === null) continue
    searchedEntries += 1
    let whole = true
    const name = place.path.slice(place.path.lastIndexOf('/') + 1)
    const named = pattern === undefined || fitsGlob(query.ignoreCase ? name.toLowerCase() : name, pattern)
    const isStart = names.length === 0 && stats.isDirectory()
    if (named && !isStart) {
      const facts = {
        names,
        path: place.path,
        kind: kindOf(stats),
        sizeBytes: Number(stats.size),
        modifiedAt: stats.mtime,
      }
      if (text === undefined) {
        hits.push({ ...facts, line: 0, text: '' })
        untrusted ||= trust.untrusted(stats, place.path)
      } else if (stats.isFile()) {
        const limits = { maxLines: query.limit - hits.length, afterLine: after?.line ?? 0, signal }
        const found = await lookThrough(place, text, limits)
        whole = found?.whole !== false || found.binary
        readBytes += found?.readBytes ?? 0
        if (found === null || found.binary) skipped += 1
        for (const line of found?.lines ?? []) hits.push({ ...facts, ...line })
        if ((found?.lines.length ?? 0) > 0) untrusted ||= trust.untrusted(stats, place.path)
      }
    }
    const spent = performance.now() - startedAt >= budget.milliseconds
    if (hits.length >= query.limit || searchedEntries >= budget.entries || readBytes >= budget.bytes || spent) {
      const next = { names, line: whole ? null : (hits.at(-1)?.line ?? null) }
      return { path: start.path, hits, searchedEntries, readBytes, skipped, untrusted, next }
    }
  }
  return { path: start.path, hits, searchedEntries, readBytes, skipped, untrusted, next: null }
}

/** Null for a file that is too large or must not be read. */
async function lookThrough(
  place: Place,
  text: Sought,
  limits: { maxLines: number; afterLine: number; signal: AbortSignal },
) {
  if (place.existing.stats.size > BigInt(MAX_FILE_BYTES)) return null
  try {
    await using file = await openContent(place)
    const sizeBytes = Number(place.existing.stats.size)
    return await scan(file, text, { ...limits, sizeBytes, maxBytes: MAX_FILE_BYTES })
  } catch (error) {
    const passed = error instanceof CastellanError || isErrno(error, 'EACCES', 'EPERM', 'ENOENT', 'EIO')
    if (passed && !limits.signal.aborted) return null
    throw error
  }
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index])
}
