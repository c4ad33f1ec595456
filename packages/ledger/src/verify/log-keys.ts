import { isTombstone } from '../entry/tombstone.ts'
import type { Frame } from '../journal/frame.ts'
import { parseCheckpoint } from '../note/checkpoint.ts'
import { KeyChain, type Rotation } from '../note/key-chain.ts'
import type { Verifier } from '../note/keys.ts'
import { verifiedBy } from '../note/note.ts'
import type { Findings } from './findings.ts'
import { type Header, readHeader } from './header.ts'

/** The checkpoint that checking goes on from: what came before it was found good by whoever gave it. */
export interface Resumed {
  readonly size: number
  /** The key in force at that size. */
  readonly key: Verifier
}

/** Follows the keys of a log while it is checked: which key has to have signed a tree of which size. */
export class LogKeys {
  readonly #listed: readonly Verifier[]
  readonly #resumed: Resumed | null
  readonly #chain: KeyChain
  readonly #findings: Findings
  #taken = 0

  /** `listed` are the keys that the log names, oldest first: only the first of them needs no introduction. */
  constructor(listed: readonly Verifier[], resumed: Resumed | null, findings: Findings) {
    this.#listed = listed
    this.#resumed = resumed
    this.#chain = resumed === null ? new KeyChain(listed[0] as Verifier) : new KeyChain(resumed.key, resumed.size)
    this.#findings = findings
  }

  /** The key in force now. */
  get current(): Verifier {
    return this.#chain.current
  }

  /** Every key of the log up to now, oldest first; those before a checkpoint to go on from as the log lists them. */
  get keys(): readonly Verifier[] {
    const at = this.#listed.findIndex(({ vkey }) => vkey === this.#resumed?.key.vkey)
    return [...this.#listed.slice(0, Math.max(at, 0)), ...this.#chain.keys]
  }

  has(vkey: string): boolean {
    return this.keys.some((key) => key.vkey === vkey)
  }

  /** Takes the rotations that the entries up to now hold; one that does not hold is a finding and changes nothing. */
  follow(rotations: readonly Rotation[]): void {
    for (const rotation of rotations.slice(this.#taken)) {
      this.#taken += 1
      if (rotation.index < (this.#resumed?.size ?? 0)) continue
      try {
        this.#chain.rotate(rotation)
      } catch (error) {
        const { index } = rotation
        const message = `The key rotation at entry ${index} does not hold: ${error instanceof Error ? error.message : String(error)}`
        this.#findings.add({ kind: 'foreign_key', index, message })
      }
    }
  }

  /** The keys one of which has to have signed a tree of `size` entries; `chain` as it is then. */
  at(size: number, chain = this.#chain): readonly Verifier[] {
    const key = chain.at(size)
    // Below the checkpoint to go on from its root vouches for the entries, whichever of the keys was in force there.
    return key === undefined ? this.#listed : [key]
  }

  /** The same for the tree that ends with `frame`, rotations in it included. */
  after({ first, entries }: Frame): readonly Verifier[] {
    const chain = this.#chain.clone()
    for (const [i, { leaf }] of entries.entries()) {
      const index = first + i
      const header = leaf.includes('key_rotated') && !isTombstone(leaf) ? parsed(leaf) : null
      if (header?.type !== 'key_rotated' || index < (this.#resumed?.size ?? 0)) continue
      try {
        chain.rotate({ index, facts: header.facts ?? {} })
      } catch {
        // Taken again, and reported, once the frame is known to be signed.
      }
    }
    return this.at(first + entries.length, chain)
  }

  /** The key that a checkpoint is signed by although no rotation introduced it; null where there is none. */
  strangerOf(checkpoint: Uint8Array): Verifier | null {
    try {
      return verifiedBy(parseCheckpoint(checkpoint).note, this.#listed).find(({ vkey }) => !this.has(vkey)) ?? null
    } catch {
      return null
    }
  }
}

function parsed(leaf: Buffer): Header | null {
  try {
    return readHeader(leaf)
  } catch {
    return null
  }
}
