import type { Findings } from './findings.ts'
import type { LogKeys } from './log-keys.ts'

/**
 * Holds the list of keys beside the log to the keys that its rotations introduced: the same in the same order. A rotation
 * under way has listed one more, which counts for nothing yet; `prepared` says which keys may be that one, null where
 * the key folder that knows it is not at hand.
 */
export function checkListed(
  listed: readonly string[],
  keys: LogKeys,
  prepared: readonly string[] | null,
  findings: Findings,
): void {
  const known = keys.keys.map(({ vkey }) => vkey)
  const [extra, ...more] = listed.slice(known.length)
  if (known.some((vkey, i) => vkey !== listed[i])) {
    const message = 'The vkeys file does not list the keys that the log was rotated to, in order.'
    findings.add({ kind: 'altered', subject: 'keys', file: 'vkeys', message })
  } else if (extra !== undefined && (more.length > 0 || (prepared !== null && !prepared.includes(extra)))) {
    const message = `The vkeys file lists ${more[0] ?? extra}, a key that no rotation of the log introduced.`
    findings.add({ kind: 'foreign_key', subject: 'keys', file: 'vkeys', message })
  }
}
