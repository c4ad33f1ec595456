import { damaged } from '../error.ts'
import { parseVkey, type Signer, type Verifier } from '../note/keys.ts'
import { readNextKey, readSigner, readVerifiers } from '../store/keys.ts'
import type { Findings } from './findings.ts'
import type { LogKeys } from './log-keys.ts'
import { checkListed } from './rotations.ts'

/** The keys as they were at one moment: those the log lists, and those that whoever checks it trusts. */
export interface Trust {
  /** From the log's own `vkeys`, oldest first: only the first of them counts before a rotation. */
  readonly listed: readonly Verifier[]
  /** vkeys in the key folder: the signing key, then the one that a rotation has prepared; null without a folder. */
  readonly held: readonly string[] | null
  /** The signing key itself, with which the log's own unsigned frames are known; null without a folder. */
  readonly signer: Signer | null
  /** The key given to trust. */
  readonly given: string | null
}

/** Reads the keys; what the key folder holds is read first, for a rotation lists a key before it puts it in place. */
export async function readTrust(dir: string, keyDir?: string, vkey?: string): Promise<Trust> {
  const named = await readVerifiers(dir)
  if (named === null)
    throw damaged(`There is no ledger in ${dir}: its vkeys file is missing`, { kind: 'missing', file: 'vkeys' })
  const name = (named[0] as Verifier).name
  const next = keyDir === undefined ? null : await readNextKey(keyDir, name)
  const signer = keyDir === undefined ? null : await readSigner(keyDir, name)
  const held = signer === null ? null : [signer.verifier.vkey, ...(next === null ? [] : [next.verifier.vkey])]
  const given = vkey === undefined ? null : parseVkey(vkey).vkey
  const listed = (await readVerifiers(dir)) ?? named
  const trusted = given ?? held?.[0] ?? null
  if (trusted !== null && !listed.some((key) => key.vkey === trusted)) {
    throw damaged(`The log in ${dir} is not signed by the key to trust, ${trusted}`, {
      kind: 'foreign_key',
      file: 'vkeys',
    })
  }
  return { listed, held, signer, given }
}

/**
 * Holds the keys that a whole walk met to those that are trusted, as they were before and after it: a log may be rotated
 * meanwhile. A key folder's signing key has to be the newest of the log, a given key any of it. `earlier` says that the
 * log is known to be an older state of the right one, which may end before the newest key came.
 */
export function judgeKeys(keys: LogKeys, before: Trust, after: Trust, earlier: boolean, findings: Findings): void {
  const { given } = before
  if (given !== null && !keys.has(given))
    findings.add({
      kind: 'foreign_key',
      file: 'vkeys',
      message: `The log lists the key to trust, ${given}, but was never signed with it.`,
    })
  const held = before.held === null || after.held === null ? null : [...before.held, ...after.held]
  const rotated = before.held?.[0] !== after.held?.[0] || before.listed.length !== after.listed.length
  if (held !== null && before.held !== null && !earlier) {
    const [signing] = before.held as [string]
    const current = keys.current.vkey
    // Several rotations may have passed since the key folder was read: then the key of that time has to be on the way.
    if (!held.includes(current) && !(rotated && keys.has(signing))) {
      const message = `The log ends under the key ${current}, which is not the one in the key folder, ${signing}.`
      findings.add({ kind: 'foreign_key', file: 'vkeys', message })
    }
  }
  if (earlier) return
  const known = keys.keys.length
  const listed = after.listed.map(({ vkey }) => vkey)
  checkListed(rotated ? listed.slice(0, known) : listed, keys, held, findings)
}
