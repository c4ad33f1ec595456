import type { LogState } from '../append/state.ts'
import { LedgerError } from '../error.ts'
import { consistencyProof, inclusionProof } from '../merkle/proof.ts'
import type { Verifier } from '../note/keys.ts'
import type { EntryReader } from '../store/entry-reader.ts'
import { readCosigned } from '../witness/cosigning.ts'
import { formatProof } from './proof-file.ts'

export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly hashes: readonly Buffer[]
  /** Checkpoint of the tree the proof leads to. */
  readonly checkpoint: string
}

export interface ProverParts {
  readonly keyDir: string
  readonly verifiers: readonly Verifier[]
  readonly state: LogState
  readonly reader: EntryReader
}

/** Proofs of an open log. */
export class Prover {
  readonly #parts: ProverParts

  constructor(parts: ProverParts) {
    this.#parts = parts
  }

  /** RFC 6962 section 2.1.1, towards the newest checkpoint. */
  async inclusion(index: number): Promise<InclusionProof> {
    const { state, reader } = this.#parts
    const { checkpoint, frontier } = state
    const { size } = frontier
    return { index, size, checkpoint, hashes: await inclusionProof(reader.subtree, index, size) }
  }

  /** The text of a `.tlog-proof` file: towards the newest cosigned checkpoint where that covers the entry, else the newest. */
  async file(index: number): Promise<string> {
    const { keyDir, verifiers, reader } = this.#parts
    const leaf = await reader.leaf(index)
    const cosigned = await readCosigned(keyDir, verifiers)
    if (cosigned !== null && cosigned.checkpoint.size > index) {
      const hashes = await inclusionProof(reader.subtree, index, cosigned.checkpoint.size)
      return formatProof({ index, hashes, checkpoint: cosigned.text, leaf })
    }
    const { hashes, checkpoint } = await this.inclusion(index)
    return formatProof({ index, hashes, checkpoint, leaf })
  }

  /** RFC 6962 section 2.1.2: that the tree of `to` entries continues that of `from`. */
  async consistency(from: number, to: number): Promise<Buffer[]> {
    const { size } = this.#parts.state.frontier
    if (to > size) throw new LedgerError('not_found', `The log has ${size} entries, not ${to}.`)
    return consistencyProof(this.#parts.reader.subtree, from, to)
  }
}
