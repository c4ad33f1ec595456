import type { Verifier } from '../note/keys.ts'
import { checkRotation } from '../note/rotation.ts'
import type { Findings } from './findings.ts'

/** Holds the list of keys beside the log to the rotations in it: each key was introduced by the one before. */
export function checkRotations(
  rotations: readonly { index: number; facts: Record<string, unknown> }[],
  verifiers: readonly Verifier[],
  from: number,
  findings: Findings,
): void {
  const chain: string[] = []
  for (const { index, facts } of rotations) {
    try {
      const { oldVkey, newVkey } = checkRotation(index, facts)
      if (chain.length === 0) chain.push(oldVkey)
      if (chain.at(-1) !== oldVkey) throw new Error(`it rotates ${oldVkey}, which was not the key in use`)
      chain.push(newVkey)
    } catch (error) {
      const message = `The key rotation at entry ${index} does not hold: ${error instanceof Error ? error.message : String(error)}`
      findings.add({ kind: 'foreign_key', index, message })
      return
    }
  }
  const listed = verifiers.map(({ vkey }) => vkey)
  // Rotations before the place where checking began were not seen: what was seen must be a part of the list.
  if (from > 0 && `\n${listed.join('\n')}\n`.includes(chain.length === 0 ? '' : `\n${chain.join('\n')}\n`)) return
  const known = chain.length === 0 ? listed.slice(0, 1) : chain
  // A rotation that was prepared but not yet logged leaves one more key at the end.
  if (known.join('\n') === listed.slice(0, known.length).join('\n') && listed.length <= known.length + 1) return
  findings.add({
    kind: 'altered',
    subject: 'keys',
    file: 'vkeys',
    message: 'The vkeys file does not list the keys that the log was rotated to, in order.',
  })
}
