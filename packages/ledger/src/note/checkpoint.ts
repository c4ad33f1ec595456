import { LedgerError } from '../error.ts'
import { decodeBase64 } from './base64.ts'
import type { Signer, Verifier } from './keys.ts'
import { type Note, parseNote, signNote, verifiedBy } from './note.ts'

/** The head of a log: C2SP tlog-checkpoint. */
export interface TreeHead {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

export interface Checkpoint extends TreeHead {
  readonly note: Note
}

export function checkpointText(head: TreeHead): string {
  return `${head.origin}\n${head.size}\n${head.root.toString('base64')}\n`
}

export function signCheckpoint(head: TreeHead, ...signers: readonly Signer[]): string {
  return signNote(checkpointText(head), ...signers)
}

/**
 * Reads a checkpoint without judging its signatures. Extension lines are refused, for this log writes none, unless
 * `extensions` says that it may be another's: then they are lines that are not empty, and stay in the note's text.
 */
export function parseCheckpoint(source: string | Uint8Array, { extensions = false } = {}): Checkpoint {
  const refuse = (why: string) => new LedgerError('proof_invalid', `Not a checkpoint: ${why}.`)
  const note = parseNote(source)
  const lines = note.text.split('\n')
  const [origin, size, root, ...more] = lines
  if (lines.length < 4 || origin === undefined || origin === '')
    throw refuse('it needs the lines origin, size and root')
  if (more.length > 1 && !extensions) throw refuse('it has extension lines, and this log writes none')
  if (more.slice(0, -1).some((line) => line === '')) throw refuse('an extension line is empty')
  if (size === undefined || !/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw refuse('its tree size is not a decimal number')
  }
  const hash = decodeBase64(root ?? '')
  if (hash === null || hash.length !== 32) throw refuse('its root is not 32 bytes of base64')
  return { origin, size: Number(size), root: hash, note }
}

/** Reads a checkpoint that one of `keys` has signed; anything else is `proof_invalid`. */
export function openCheckpoint(source: string | Uint8Array, keys: readonly Verifier[]): Checkpoint {
  const checkpoint = parseCheckpoint(source)
  if (verifiedBy(checkpoint.note, keys).length === 0) {
    throw new LedgerError('proof_invalid', `No known key has signed this checkpoint of ${checkpoint.origin}.`)
  }
  return checkpoint
}
