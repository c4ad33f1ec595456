import { LedgerError } from '../error.ts'
import { emptyRoot, nodeHash } from './hash.ts'

/** Hash of the complete subtree of height `height` at `index` (counted in subtrees of that height). */
export type SubtreeReader = (height: number, index: number) => Promise<Buffer>

/** RFC 6962 section 2.1.1: the hashes from the leaf's sibling up to the root's child. */
export async function inclusionProof(read: SubtreeReader, index: number, size: number): Promise<Buffer[]> {
  if (index < 0 || index >= size)
    throw new LedgerError('not_found', `There is no entry ${index} in a log of ${size} entries.`)
  return path(read, index, 0, size)
}

/** RFC 6962 section 2.1.2: shows that the first `from` leaves of the tree of `to` leaves are those of the older tree. */
export async function consistencyProof(read: SubtreeReader, from: number, to: number): Promise<Buffer[]> {
  if (from < 0 || from > to)
    throw new LedgerError('not_found', `A tree of ${from} entries is no older version of one of ${to}.`)
  return from === 0 || from === to ? [] : subproof(read, from, 0, to, true)
}

/** Root of leaves `start` to `end`, where `start` is a multiple of the largest power of two in the range. */
export async function rangeRoot(read: SubtreeReader, start: number, end: number): Promise<Buffer> {
  const size = end - start
  if (size === 0) return emptyRoot()
  const height = Math.log2(size)
  if (Number.isInteger(height)) return read(height, start / size)
  const split = splitPoint(size)
  return nodeHash(await rangeRoot(read, start, start + split), await rangeRoot(read, start + split, end))
}

/** RFC 9162 section 2.1.3.2. False for a proof of the wrong length as for one with a wrong hash. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index < 0 || index >= size) return false
  let fn = index
  let sn = size - 1
  let hash: Buffer = Buffer.from(leaf)
  for (const sibling of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash)
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && hash.equals(root)
}

/** RFC 9162 section 2.1.4.2, with the cases it leaves to the caller: an empty older tree, and equal sizes. */
export function verifyConsistency(
  from: number,
  fromRoot: Uint8Array,
  to: number,
  toRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (from > to) return false
  if (from === 0) return proof.length === 0 && emptyRoot().equals(fromRoot)
  if (from === to) return proof.length === 0 && Buffer.from(fromRoot).equals(toRoot)
  const path = isPowerOfTwo(from) ? [fromRoot, ...proof] : [...proof]
  const first = path.shift()
  if (first === undefined) return false
  let fn = from - 1
  let sn = to - 1
  while (fn % 2 === 1) {
    fn = half(fn)
    sn = half(sn)
  }
  let older: Buffer = Buffer.from(first)
  let newer: Buffer = Buffer.from(first)
  for (const sibling of path) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      older = nodeHash(sibling, older)
      newer = nodeHash(sibling, newer)
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      newer = nodeHash(newer, sibling)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && older.equals(fromRoot) && newer.equals(toRoot)
}

async function path(read: SubtreeReader, index: number, start: number, end: number): Promise<Buffer[]> {
  if (end - start === 1) return []
  const middle = start + splitPoint(end - start)
  return index < middle
    ? [...(await path(read, index, start, middle)), await rangeRoot(read, middle, end)]
    : [...(await path(read, index, middle, end)), await rangeRoot(read, start, middle)]
}

/** `SUBPROOF` of RFC 6962; `whole` says that the older tree's root over this range is known to the verifier. */
async function subproof(
  read: SubtreeReader,
  from: number,
  start: number,
  end: number,
  whole: boolean,
): Promise<Buffer[]> {
  if (from === end) return whole ? [] : [await rangeRoot(read, start, end)]
  const middle = start + splitPoint(end - start)
  return from <= middle
    ? [...(await subproof(read, from, start, middle, whole)), await rangeRoot(read, middle, end)]
    : [...(await subproof(read, from, middle, end, false)), await rangeRoot(read, start, middle)]
}

/** The largest power of two below `size`. */
function splitPoint(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(Math.log2(n))
}

function half(n: number): number {
  return Math.floor(n / 2)
}
