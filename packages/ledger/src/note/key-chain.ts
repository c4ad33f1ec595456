import { LedgerError } from '../error.ts'
import { parseVkey, type Verifier } from './keys.ts'
import { checkRotation } from './rotation.ts'

/** A `key_rotated` entry: its place in the log and its facts, not judged yet. */
export interface Rotation {
  readonly index: number
  readonly facts: Record<string, unknown>
}

/**
 * The keys of a log one after another. A key counts from the entry that introduces it on, which the key before it has
 * signed; that it is listed somewhere gives it no weight. A tree is signed by the key in force at its size.
 */
export class KeyChain {
  /** `from`: the smallest tree that the key signs. */
  readonly #links: { readonly key: Verifier; readonly from: number }[]

  /** A chain that begins with `first`, trusted for trees of `from` entries on. */
  constructor(first: Verifier, from = 0) {
    this.#links = [{ key: first, from }]
  }

  /** All keys so far, oldest first. */
  get keys(): readonly Verifier[] {
    return this.#links.map(({ key }) => key)
  }

  /** The key in force after everything taken so far. */
  get current(): Verifier {
    return (this.#links.at(-1) as { key: Verifier }).key
  }

  has(vkey: string): boolean {
    return this.#links.some(({ key }) => key.vkey === vkey)
  }

  /** The key in force for a tree of `size` entries; undefined for one smaller than the chain's beginning. */
  at(size: number): Verifier | undefined {
    return this.#links.findLast(({ from }) => from <= size)?.key
  }

  /** Passes on to the key that a rotation introduces. Refuses (`proof_invalid`) one that the key in force did not sign. */
  rotate({ index, facts }: Rotation): void {
    const { oldVkey, newVkey } = checkRotation(index, facts)
    const { vkey, name } = this.current
    if (oldVkey !== vkey)
      throw new LedgerError('proof_invalid', `Entry ${index} rotates ${oldVkey}, which was not the key in use.`)
    const key = parseVkey(newVkey)
    if (key.name !== name)
      throw new LedgerError('proof_invalid', `Entry ${index} introduces ${newVkey}, a key of another log.`)
    this.#links.push({ key, from: index + 1 })
  }

  clone(): KeyChain {
    const [first, ...rest] = this.#links as [{ key: Verifier; from: number }]
    const copy = new KeyChain(first.key, first.from)
    copy.#links.push(...rest)
    return copy
  }
}
