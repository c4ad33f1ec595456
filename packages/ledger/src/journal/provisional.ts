import { checkpointText, parseCheckpoint, signCheckpoint, type TreeHead } from '../note/checkpoint.ts'
import type { Signer } from '../note/keys.ts'
import { formatSignatureLine } from '../note/note.ts'
import { SECTOR_BYTES } from './frame.ts'

/**
 * A frame goes to the disk before its checkpoint is signed, because signing takes a fifth of the time that the disk
 * does. In the place of the 64 bytes of the signature stand 32 bytes of HMAC under a key derived from the signing key,
 * and 32 zeros. The signature is made meanwhile: it is in the high-water mark before anybody is told that the entries are
 * durable, and takes its place here some milliseconds later. Where a crash keeps it from there, the MAC tells the frame
 * from one that somebody else put there, and the next start signs it again.
 */
const MAC_BYTES = 32
const SIGNATURE_BYTES = 64

/** A checkpoint with a MAC in the place of its signature: as long as {@link signCheckpoint} makes it, byte for byte. */
export function provisionalCheckpoint(head: TreeHead, signer: Signer): string {
  const text = checkpointText(head)
  const stand = Buffer.concat([signer.mac(Buffer.from(text)), Buffer.alloc(SIGNATURE_BYTES - MAC_BYTES)])
  return `${text}\n${formatSignatureLine(signer.verifier.name, signer.verifier.keyId, stand)}`
}

/** Whether a checkpoint is of the form that waits for its signature; only the signer can tell whether it is his. */
export function looksProvisional(checkpoint: Buffer): boolean {
  try {
    const { signatures } = parseCheckpoint(checkpoint).note
    const [only] = signatures
    return (
      signatures.length === 1 &&
      only?.bytes.length === SIGNATURE_BYTES &&
      only.bytes.subarray(MAC_BYTES).every((byte) => byte === 0)
    )
  } catch {
    return false
  }
}

/**
 * The signed form of a checkpoint that waited for its signature, null where it never was one of this signer's. `at` is its
 * offset in the segment: a power cut may have let each sector keep the old bytes or the new ones.
 */
export function finishCheckpoint(checkpoint: Buffer, at: number, signer: Signer): Buffer | null {
  let head: TreeHead
  try {
    head = parseCheckpoint(checkpoint)
  } catch {
    return null
  }
  const before = Buffer.from(provisionalCheckpoint(head, signer))
  if (checkpoint.length !== before.length) return null
  const same = (from: number, to: number, other: Buffer) =>
    checkpoint.subarray(from, to).equals(other.subarray(from, to))
  const sectors = sectorsOf(at, before.length)
  // Signing costs more than all else here: only for what holds a part of the MAC.
  const signatureAt = before.lastIndexOf(' ')
  if (!sectors.some(([from, to]) => to > signatureAt && same(from, to, before))) return null
  const signed = Buffer.from(signCheckpoint(head, signer))
  return sectors.every(([from, to]) => same(from, to, before) || same(from, to, signed)) ? signed : null
}

/** The parts of `length` bytes at offset `at` that lie in one sector each, counted from `at`. */
function sectorsOf(at: number, length: number): [from: number, to: number][] {
  const parts: [number, number][] = []
  for (let from = 0; from < length; ) {
    const to = Math.min(length, (Math.floor((at + from) / SECTOR_BYTES) + 1) * SECTOR_BYTES - at)
    parts.push([from, to])
    from = to
  }
  return parts
}
