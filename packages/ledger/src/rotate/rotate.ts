import type { LedgerActor, LedgerEntry } from '@castellan/contracts'
import type { Appended } from '../append/batch.ts'
import { checkDraft } from '../entry/leaf.ts'
import { fromSystemError } from '../error.ts'
import { signRotation } from '../note/rotation.ts'
import type { LedgerParts } from '../open/open.ts'
import { adoptNextKey, prepareNextKey, writeVerifiers } from '../store/keys.ts'
import { rememberRotation } from '../store/rotations.ts'

/**
 * Passes a log on to a new signing key: prepared on disk and listed first, introduced by an entry that both keys sign,
 * then put in the place of the old one. Wherever a crash falls, the next start finishes it or undoes it.
 */
export function rotateKey(
  { dir, keyDir, origin, verifiers, settler, writer }: LedgerParts,
  actor: LedgerActor,
): Promise<Appended> {
  const rotate = async (): Promise<Appended> => {
    const before = writer.signer
    const next = await prepareNextKey(keyDir, origin)
    await writeVerifiers(dir, [...verifiers, next.verifier])
    const appended = await new Promise<Appended>((resolve, reject) => {
      const request = (index: number) => ({
        draft: checkDraft({ type: 'key_rotated', actor, facts: signRotation(index, before, next) }),
        payload: null,
        resolve,
        reject,
      })
      writer.handOver(next, request).catch(reject)
    })
    verifiers.push(next.verifier)
    await adopt(keyDir, appended.entry).catch((error) => {
      // The rotation has to stay the newest entry until its key is in place: the next start sees to that.
      writer.fail(fromSystemError(error, 'Putting the new signing key in place'))
      throw error
    })
    return appended
  }
  return settler.exclusively(() => writer.exclusively(rotate))
}

/** Remembers the rotation that `entry` is, then puts the new key in the place of the old one. */
export async function adopt(keyDir: string, { index, facts = {} }: LedgerEntry): Promise<void> {
  await rememberRotation(keyDir, { index, facts })
  await adoptNextKey(keyDir)
}
