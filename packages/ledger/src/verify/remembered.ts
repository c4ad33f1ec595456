import { join } from 'node:path'
import type { Checkpoint } from '../note/checkpoint.ts'
import type { Verifier } from '../note/keys.ts'
import { exists } from '../store/files.ts'
import { type RememberedHead, readHistory } from '../store/history.ts'
import { readMark } from '../store/mark.ts'
import { readPublished } from '../store/published.ts'
import { readSealedMark, SEALED_MARK_FILE } from '../store/sealed-mark.ts'
import { asFinding, type Findings } from './findings.ts'
import type { VerifyOptions } from './verify.ts'
import { checkCosigned } from './witnesses.ts'

/** What is remembered of a log apart from its entries: heads that it has to have. */
export interface Remembered {
  /** The high-water mark: the newer of the file and its sealed copy. */
  readonly mark: Checkpoint | null
  /** The checkpoint file. */
  readonly published: Checkpoint | null
  /** What witnesses cosigned. */
  readonly cosigned: Checkpoint | null
  /** Heads of earlier starts and stops. */
  readonly history: readonly RememberedHead[]
  /** How many of them carried a signature that holds. */
  readonly signed: number
}

/**
 * Reads it all, before the log: a writer only ever makes the log longer. The heads of earlier stops come before the
 * checkpoint file, which is never older than they say. What is damaged is a finding and counts as not there.
 */
export async function readRemembered(
  options: VerifyOptions,
  verifiers: readonly Verifier[],
  findings: Findings,
  notes: string[],
): Promise<Remembered> {
  const { dir, keyDir, witnesses } = options
  const orNull = <T>(work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      findings.add(asFinding(error, dir))
      return null
    })
  const { name: origin } = verifiers[0] as Verifier
  const history = keyDir === undefined ? [] : await readHistory(keyDir, origin)
  const marks = await readMarks(options, verifiers, findings, notes, orNull)
  const published = await orNull(readPublished(dir, verifiers))
  const cosigned =
    keyDir === undefined || witnesses === undefined ? null : await checkCosigned(keyDir, verifiers, findings)
  const [mark = null] = marks.toSorted((a, b) => b.size - a.size)
  return { mark, published, cosigned, history, signed: marks.length + (published === null ? 0 : 1) }
}

/** The high-water mark and its sealed copy, as far as they are there. */
async function readMarks(
  { keyDir, seal }: VerifyOptions,
  verifiers: readonly Verifier[],
  findings: Findings,
  notes: string[],
  orNull: <T>(work: Promise<T>) => Promise<T | null>,
): Promise<Checkpoint[]> {
  if (keyDir === undefined) {
    notes.push('The high-water mark was not checked: a cut-off tail or an older copy cannot be seen without it.')
    return []
  }
  const missing = (message: string) => findings.add({ kind: 'mark_missing', subject: 'mark', message })
  const before = findings.list.length
  const mark = await orNull(readMark(keyDir, verifiers))
  if (mark === null && findings.list.length === before)
    missing(`There is no high-water mark in ${keyDir}: a cut-off tail could not be seen.`)
  let sealed: Checkpoint | null = null
  if (seal?.seal) {
    const found = findings.list.length
    sealed = await orNull(readSealedMark(keyDir, seal.seal, verifiers))
    if (sealed === null && findings.list.length === found)
      missing(`This machine seals the high-water mark (${seal.seal.name}), but there is no sealed one in ${keyDir}.`)
  } else if (await exists(join(keyDir, SEALED_MARK_FILE))) {
    notes.push(`The sealed high-water mark was not checked: ${seal?.why ?? 'no seal was named'}.`)
  }
  return [mark, sealed].filter((head) => head !== null)
}
