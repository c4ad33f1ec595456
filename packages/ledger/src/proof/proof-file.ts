import type { LedgerEntry } from '@castellan/contracts'
import { decodeLeaf } from '../entry/leaf.ts'
import { LedgerError } from '../error.ts'
import { leafHash } from '../merkle/hash.ts'
import { verifyInclusion } from '../merkle/proof.ts'
import { decodeBase64 } from '../note/base64.ts'
import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../note/checkpoint.ts'
import { parseVkey, type Verifier } from '../note/keys.ts'
import { verifiedBy } from '../note/note.ts'
import { cosignedBy } from '../witness/cosignature.ts'
import type { WitnessPolicy } from '../witness/policy.ts'

/** First line of C2SP tlog-proof. */
const MAGIC = 'c2sp.org/tlog-proof@v1'
const MOST_HASHES = 64

/** The longest proof file read, in bytes: a leaf in base64, 64 hashes and a checkpoint with cosignatures. */
const MAX_PROOF_BYTES = 512 * 1024

export interface ProofFile {
  readonly index: number
  readonly hashes: readonly Buffer[]
  /** The leaf itself, so that the file stands alone; not authenticated before it is checked against the root. */
  readonly leaf: Buffer
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string
}

/** Writes a `.tlog-proof` file. Source: C2SP tlog-proof; `extra` carries the leaf. */
export function formatProof({ index, hashes, leaf, checkpoint }: ProofFile): string {
  const lines = [
    MAGIC,
    `extra ${leaf.toString('base64')}`,
    `index ${index}`,
    ...hashes.map((hash) => hash.toString('base64')),
  ]
  return `${lines.join('\n')}\n\n${checkpoint}`
}

/** Reads a `.tlog-proof` file without judging it. */
export function parseProof(text: string): ProofFile {
  const refuse = (why: string) => new LedgerError('proof_invalid', `Not a proof of a ledger entry: ${why}.`)
  if (text.length > MAX_PROOF_BYTES) throw refuse('it is too long')
  const split = text.indexOf('\n\n')
  if (split < 0) throw refuse('it holds no checkpoint')
  const [magic, extra, position, ...lines] = text.slice(0, split).split('\n')
  if (magic !== MAGIC) throw refuse(`it does not start with ${MAGIC}`)
  const leaf = decodeBase64(/^extra (\S+)$/.exec(extra ?? '')?.[1] ?? '-')
  if (leaf === null) throw refuse('its extra line does not hold the entry')
  const index = /^index (0|[1-9]\d{0,15})$/.exec(position ?? '')?.[1]
  if (index === undefined || !Number.isSafeInteger(Number(index))) throw refuse('its index line is malformed')
  if (lines.length > MOST_HASHES) throw refuse('it has too many hashes')
  const hashes = lines.map((line) => {
    const hash = decodeBase64(line)
    if (hash === null || hash.length !== 32) throw refuse('a hash is not 32 bytes of base64')
    return hash
  })
  return { index: Number(index), hashes, leaf, checkpoint: text.slice(split + 2) }
}

export interface CheckedProof {
  readonly entry: LedgerEntry
  readonly checkpoint: Checkpoint
  /** The log key that signed the checkpoint. */
  readonly signedBy: Verifier
  /** Names of the policy's witnesses whose cosignatures it carries. */
  readonly witnesses: readonly string[]
}

/**
 * Checks a proof with nothing but the log's key, offline: signature, cosignatures, inclusion, and that the proven
 * leaf is a ledger entry. `proof_invalid` says which of these fails. `keys` are vkeys of the log.
 */
export function checkProof(text: string, keys: readonly string[], policy?: WitnessPolicy): CheckedProof {
  const proof = parseProof(text)
  const verifiers = keys.map(parseVkey)
  const origin = parseCheckpoint(proof.checkpoint).origin
  const own = verifiers.filter(({ name }) => name === origin)
  if (own.length === 0)
    throw new LedgerError('proof_invalid', `The proof is of the log ${origin}; no key for that log was given.`)
  const checkpoint = openCheckpoint(proof.checkpoint, own)
  if (!verifyInclusion(leafHash(proof.leaf), proof.index, checkpoint.size, proof.hashes, checkpoint.root)) {
    throw new LedgerError(
      'proof_invalid',
      `The entry is not at index ${proof.index} of the tree that the checkpoint signs.`,
    )
  }
  const witnesses = policy === undefined ? [] : cosignedBy(checkpoint, policy)
  if (policy !== undefined && !policy.met(witnesses)) {
    throw new LedgerError(
      'proof_invalid',
      `The checkpoint lacks cosignatures: ${witnesses.length} witnesses signed it, the policy asks for ${policy.quorum}.`,
    )
  }
  const entry = decodeLeaf(proof.leaf, proof.index)
  return { entry, checkpoint, signedBy: verifiedBy(checkpoint.note, own)[0] as Verifier, witnesses }
}
