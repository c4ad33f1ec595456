import { canonicalJson, describeIssues, LedgerDraft, LedgerEntry, MAX_LEAF_BYTES } from '@castellan/contracts'
import { damaged, LedgerError } from '../error.ts'
import { sha256 } from '../merkle/hash.ts'
import { isTombstone } from './tombstone.ts'

/** What entry 0 carries as `prev`: binds the chain to its log. */
export function genesisHash(origin: string): Buffer {
  return sha256(`castellan ledger v1\n${origin}\n`)
}

export function checkDraft(draft: LedgerDraft): LedgerDraft {
  const parsed = LedgerDraft.safeParse(draft)
  if (parsed.success) return parsed.data
  throw new LedgerError('invalid_request', `Not a ledger entry: ${describeIssues(parsed.error)}.`)
}

/** The leaf's bytes: RFC 8785 canonical JSON of the entry, at most 65,535 bytes. */
export function encodeLeaf(entry: LedgerEntry): Buffer {
  const leaf = Buffer.from(canonicalJson(entry))
  if (leaf.length > MAX_LEAF_BYTES) {
    throw new LedgerError(
      'too_large',
      `The entry's header is ${leaf.length} bytes; at most ${MAX_LEAF_BYTES} fit a leaf.`,
    )
  }
  return leaf
}

/** Reads a leaf and insists on its one canonical spelling, so that no byte of it is free. */
export function decodeLeaf(leaf: Buffer, index: number): LedgerEntry {
  if (isTombstone(leaf))
    throw damaged(`Entry ${index} was lost to damage; a gap entry says when it was found`, { index })
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(leaf))
  } catch (cause) {
    throw damaged(`Entry ${index} is not JSON`, { index }, cause)
  }
  const parsed = LedgerEntry.safeParse(value)
  if (!parsed.success) throw damaged(`Entry ${index} is not a ledger entry: ${describeIssues(parsed.error)}`, { index })
  if (parsed.data.index !== index)
    throw damaged(`Entry ${parsed.data.index} lies where entry ${index} belongs`, { index })
  if (!Buffer.from(canonicalJson(parsed.data)).equals(leaf))
    throw damaged(`Entry ${index} is not canonical JSON`, { index })
  return parsed.data
}
