import { damaged } from '../error.ts'
import type { Checkpoint } from '../note/checkpoint.ts'
import { KeyChain, type Rotation } from '../note/key-chain.ts'
import { parseVkey, type Verifier } from '../note/keys.ts'
import { verifiedBy } from '../note/note.ts'
import type { RecoverParts } from './recover.ts'

/**
 * What was replayed is signed by the keys in force, which lead to the one in the key folder; that a key is listed counts
 * for nothing. `signed` are checkpoints that speak for all of the log up to them, `rotations` those that the journal holds.
 * Where the journal holds no frame, the mark or the checkpoint file has to speak for all `size` entries.
 */
export function checkReplayedKeys(
  { signer, next, verifiers, mark, published, restates }: RecoverParts,
  size: number,
  signed: readonly Checkpoint[],
  rotations: readonly Rotation[],
): void {
  const foreign = (finding: string, index: number, cause?: unknown) =>
    damaged(finding, { kind: 'foreign_key', index }, cause)
  const keys = new KeyChain(oldKeyOf(rotations[0] ?? restates[0]) ?? signer.verifier)
  for (const rotation of rotations) {
    try {
      keys.rotate(rotation)
    } catch (cause) {
      throw foreign(`The key rotation at entry ${rotation.index} does not hold`, rotation.index, cause)
    }
  }
  const { vkey } = keys.current
  const [missing] = restates
  const expected = missing === undefined ? [signer.verifier.vkey, next?.vkey] : [String(missing.facts.old_vkey)]
  if (!expected.includes(vkey))
    throw foreign(`The log ends under the key ${vkey}, which is not the one in the key folder`, size)
  const isSigned = ({ note, size: at }: Checkpoint) => verifiedBy(note, [keys.at(at) as Verifier]).length > 0
  for (const checkpoint of signed) {
    if (isSigned(checkpoint)) continue
    throw foreign(`The log up to entry ${checkpoint.size - 1} is not signed by the key in force`, checkpoint.size - 1)
  }
  const known = [...signed, mark, ...(published !== null && isSigned(published) ? [published] : [])]
  if (!known.some((head) => head.size === size))
    throw foreign(`Nothing that the log's key has signed vouches for all of its ${size} entries`, size)
  // Listed behind the key in force may be only the one that a rotation under way has prepared, or that a repair states again.
  const at = verifiers.findIndex((key) => key.vkey === vkey)
  const stranger = verifiers.slice(at + 1).some((key) => key.vkey !== next?.vkey)
  if ((stranger && missing === undefined) || at < 0)
    throw foreign('The vkeys file lists a key that no rotation of the log introduced', size)
}

/** The key before a rotation; null where there is none or it names none. */
function oldKeyOf(rotation: Rotation | undefined): Verifier | null {
  try {
    return rotation === undefined ? null : parseVkey(String(rotation.facts.old_vkey))
  } catch {
    return null
  }
}
