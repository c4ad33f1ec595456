import { findingOf, fromSystemError } from '../error.ts'

/**
 * What can be wrong with a log, and the exit code `agentctl verify-ledger` ends with for it. Where several apply, the
 * first in this table decides. 0 is a whole log; 2 is kept for wrong usage of the command.
 */
export const EXIT_CODES = {
  /** A byte of the log is not as written: an entry, a payload, a tile, the journal, a checkpoint. */
  altered: 1,
  /** A file of the log is gone. */
  missing: 3,
  /** The log is signed by a key that was never this log's. */
  foreign_key: 4,
  /** Signed and coherent, but not the history that was acknowledged, from before the first point remembered. */
  rewritten: 8,
  /** Signed and coherent, but it departs from the acknowledged history at some point. */
  forked: 7,
  /** Entries at the end are gone, and other files still show them. */
  truncated: 5,
  /** Coherent, but older than what was acknowledged: an earlier copy was put back. */
  rolled_back: 6,
  /** The high-water mark is gone or unreadable, so a cut tail could not be seen. */
  mark_missing: 9,
  /** An outcome without intent, or two for one intent. */
  pairing: 10,
  /** Time runs backwards between entries and no operator recorded that the clock was set. */
  clock: 11,
  /** Too few valid cosignatures for the policy, or a witness knows another history. */
  witness: 12,
  /** The log cannot be read: permissions, I/O errors. */
  unreadable: 13,
} as const

export type FindingKind = keyof typeof EXIT_CODES

/** What a finding of kind `altered` or `missing` is about. */
export type FindingSubject = 'entry' | 'payload' | 'tile' | 'journal' | 'checkpoint' | 'keys' | 'mark'

export interface Finding {
  readonly kind: FindingKind
  readonly subject?: FindingSubject
  /** The first entry concerned, where there is one. */
  readonly index?: number
  /** The file concerned, below the log's folder. */
  readonly file?: string
  /** One sentence for people. */
  readonly message: string
}

export interface Verdict {
  readonly ok: boolean
  readonly exitCode: number
  readonly origin: string
  /** Entries checked. */
  readonly entries: number
  /** RFC 6962 root over them, hex. */
  readonly root: string
  /** Signed checkpoints checked in the journal, the checkpoint file and the mark. */
  readonly checkpoints: number
  /** The key the log is signed with now, in vkey form. */
  readonly vkey: string
  /** Where checking began: 0 unless it went on from a remembered checkpoint. */
  readonly from: number
  /** Intents without outcome: calls under way, or waiting for the next start to call them interrupted. */
  readonly openIntents: number
  /** Payloads that were destroyed on purpose, as the log itself records. */
  readonly erasedPayloads: number
  /** Entries that `gap` entries of a repair account for. */
  readonly gaps: number
  readonly findings: readonly Finding[]
  /** Findings beyond those listed. */
  readonly furtherFindings: number
  /** What was not checked and why, and harmless oddities. */
  readonly notes: readonly string[]
  readonly bytes: number
  readonly durationMs: number
}

/** The most findings kept one by one; a wholly overwritten log would otherwise fill the memory. */
const MOST = 100

/** Collects findings in the order they are met. */
export class Findings {
  readonly list: Finding[] = []
  readonly #kinds = new Set<FindingKind>()
  further = 0

  add(finding: Finding): void {
    this.#kinds.add(finding.kind)
    if (this.list.length < MOST) this.list.push(finding)
    else this.further += 1
  }

  /** By the entry they are about, what is about none of them last. */
  get inOrder(): Finding[] {
    const place = ({ index }: Finding) => index ?? Number.POSITIVE_INFINITY
    return this.list.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)))
  }

  has(kind: FindingKind): boolean {
    return this.#kinds.has(kind)
  }

  /** The code of the first kind in the table that was found; 0 only where nothing was. */
  get exitCode(): number {
    for (const [kind, code] of Object.entries(EXIT_CODES)) if (this.has(kind as FindingKind)) return code
    return this.#kinds.size === 0 ? 0 : EXIT_CODES.unreadable
  }
}

/** What an error while reading the log in `dir` says about it. */
export function asFinding(error: unknown, dir: string): Finding {
  const cause = fromSystemError(error, `Reading the ledger in ${dir}`)
  const { kind, subject, index, file } = (cause.detail ?? {}) as Partial<Finding>
  const where = {
    ...(subject === undefined ? {} : { subject }),
    ...(index === undefined ? {} : { index }),
    ...(file === undefined ? {} : { file }),
  }
  return cause.code === 'ledger_damaged'
    ? { kind: kind ?? 'altered', ...where, message: findingOf(cause) }
    : { kind: 'unreadable', ...where, message: cause.message }
}
