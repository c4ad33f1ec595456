import { createHmac } from 'node:crypto'
import { dirname } from 'node:path'
import { type LedgerEntry, type LedgerFacts, TaintLabel } from '@castellan/contracts'
import { z } from 'zod'
import { factOfLabels, labelsIn, wordsIn } from './facts.ts'

/** Marks kept at most; beyond that everything counts as marked. Some 5 MB. */
const MAX_MARKS = 65_536
/** Digests that fit into one fact of a ledger entry. */
const MAX_DIGESTS = 110

export const MarksFile = z.strictObject({
  everywhere: z.array(TaintLabel),
  at: z.array(z.tuple([z.string(), z.array(TaintLabel)])),
  under: z.array(z.tuple([z.string(), z.array(TaintLabel)])),
})

/**
 * Which files were written by sessions that carried labels: whoever reads such a file takes the labels on, so a detour
 * over the disk washes nothing off. Paths are known by keyed digests only, because ledger facts are public and stay.
 */
export class Marks {
  readonly #key: Buffer
  /** Marked files and folders; a folder's mark is that of all below it. */
  readonly #at = new Map<string, Set<TaintLabel>>()
  /** Folders with something marked in them, for whoever reads a whole folder. */
  readonly #under = new Map<string, Set<TaintLabel>>()
  readonly #everywhere = new Set<TaintLabel>()

  constructor(key: Buffer, saved?: z.output<typeof MarksFile>) {
    this.#key = key
    for (const label of saved?.everywhere ?? []) this.#everywhere.add(label)
    for (const [digest, labels] of saved?.at ?? []) this.#at.set(digest, new Set(labels))
    for (const [digest, labels] of saved?.under ?? []) this.#under.set(digest, new Set(labels))
  }

  /** What reading this path, with all below it, brings along. */
  labelsAt(path: string): TaintLabel[] {
    if (this.#at.size === 0 && this.#everywhere.size === 0) return []
    const own = this.#digest(path)
    const found = new Set([...this.#everywhere, ...(this.#under.get(own) ?? []), ...(this.#at.get(own) ?? [])])
    for (const above of foldersAbove(path)) {
      for (const label of this.#at.get(this.#digest(above)) ?? []) found.add(label)
    }
    return [...found]
  }

  /** The facts that mark these paths, for the intent of the call that writes them; none where they are marked already. */
  factsToMark(paths: readonly string[], labels: readonly TaintLabel[]): LedgerFacts {
    const fresh = paths.filter((path) => {
      const present = this.labelsAt(path)
      return labels.some((label) => !present.includes(label))
    })
    if (labels.length === 0 || fresh.length === 0) return {}
    const [at, under] = this.#digests(fresh)
    return {
      mark: factOfLabels(labels),
      mark_at: at.join(','),
      ...(under.length === 0 ? {} : { mark_under: under.join(',') }),
    }
  }

  /** Takes note of what an intent says about marks. */
  fold({ facts = {} }: LedgerEntry): void {
    const labels = labelsIn(facts.mark)
    if (labels.length === 0) return
    for (const digest of wordsIn(facts.mark_at)) add(this.#at, digest, labels)
    for (const digest of wordsIn(facts.mark_under)) add(this.#under, digest, labels)
    if (this.#at.size + this.#under.size > MAX_MARKS) this.#markEverything()
  }

  clear(): void {
    this.#at.clear()
    this.#under.clear()
    this.#everywhere.clear()
  }

  save(): z.input<typeof MarksFile> {
    const listed = (marks: ReadonlyMap<string, ReadonlySet<TaintLabel>>) =>
      [...marks].map(([digest, labels]): [string, TaintLabel[]] => [digest, [...labels]])
    return { everywhere: [...this.#everywhere], at: listed(this.#at), under: listed(this.#under) }
  }

  /** Digests of the paths and of the folders above them; of the folder they have in common where those are too many. */
  #digests(paths: readonly string[]): [at: string[], under: string[]] {
    const above = new Set(paths.flatMap(foldersAbove))
    if (paths.length + above.size <= MAX_DIGESTS) {
      return [paths.map((path) => this.#digest(path)), [...above].map((path) => this.#digest(path))]
    }
    const [first = '/', ...rest] = paths
    const shared = foldersAbove(first).filter((folder) => rest.every((path) => path.startsWith(withSlash(folder))))
    const common = shared.find((folder) => foldersAbove(folder).length < MAX_DIGESTS) ?? '/'
    return [[this.#digest(common)], foldersAbove(common).map((path) => this.#digest(path))]
  }

  #markEverything(): void {
    for (const labels of [...this.#at.values(), ...this.#under.values()]) {
      for (const label of labels) this.#everywhere.add(label)
    }
    this.#at.clear()
    this.#under.clear()
  }

  #digest(path: string): string {
    return createHmac('sha256', this.#key).update(path).digest('base64url').slice(0, 16)
  }
}

function add(marks: Map<string, Set<TaintLabel>>, digest: string, labels: readonly TaintLabel[]): void {
  const present = marks.get(digest) ?? new Set()
  for (const label of labels) present.add(label)
  marks.set(digest, present)
}

/** Nearest first, `/` last. */
function foldersAbove(path: string): string[] {
  const above = dirname(path)
  return above === path ? [] : [above, ...foldersAbove(above)]
}

function withSlash(folder: string): string {
  return folder === '/' ? folder : `${folder}/`
}
