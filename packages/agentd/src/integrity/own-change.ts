import type { LedgerIndex } from '@castellan/contracts'
import type { BaselineBody } from './baseline.ts'
import type { Fingerprint } from './snapshot.ts'

/** Something that the owner does to watched files by way of Castellan. */
export interface OwnChange {
  /** Everything that it may touch lies in here. */
  readonly folder: string
  readonly by: string
  /**
   * `change`: it writes files, and what it makes of one that was as the baseline has it is the owner's. `reload`: it puts files in
   * force as they lie there, and `reads` says which.
   */
  readonly kind: 'change' | 'reload'
  readonly reads: (path: string) => boolean
}

/** Does it, and answers which entry of the ledger tells of it. */
export type OwnWork = () => Promise<LedgerIndex | null>

type Prints = ReadonlyMap<string, Fingerprint>

/**
 * The prints of a baseline after a change of the owner's own, from what was there before it and after it; undefined where they stay.
 * What somebody else did to the same files is not taken in: a file that differed before, or that changed while it was being read.
 */
export function renewedPrints(
  { prints, watched }: BaselineBody,
  { kind, reads }: Pick<OwnChange, 'kind' | 'reads'>,
  before: Prints,
  after: Prints,
): BaselineBody['prints'] | undefined {
  const paths = new Set([...before.keys(), ...after.keys(), ...Object.keys(prints).filter(reads)])
  const renewed = [...paths].filter((path) => {
    if (!watched.some((root) => path === root || path.startsWith(`${root}/`))) return false
    const [known, was, is] = [prints[path], before.get(path), after.get(path)]
    if (is === known) return false
    return kind === 'change' ? was === known : was === is && reads(path)
  })
  if (renewed.length === 0) return undefined
  const next = { ...prints }
  for (const path of renewed) {
    const print = after.get(path)
    if (print === undefined) delete next[path]
    else next[path] = print
  }
  return next
}
