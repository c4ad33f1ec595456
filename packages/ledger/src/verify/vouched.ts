import type { Checkpoint } from '../note/checkpoint.ts'
import { verifiedBy } from '../note/note.ts'
import type { Findings } from './findings.ts'
import type { LogKeys } from './log-keys.ts'
import { agrees, type Watched } from './watch.ts'

/** Heads that are remembered apart from the journal, as the walk met them. */
export interface WatchedHeads {
  readonly mark: Watched | null
  readonly published: Watched | null
  readonly cosigned: Watched | null
}

/**
 * Every entry lies under a signature of the key in force: in the journal, the checkpoint file or what is remembered.
 * `vouched` are sizes up to which something else speaks for the entries.
 */
export function checkSigned(
  published: Checkpoint | null,
  watched: WatchedHeads,
  vouched: readonly number[],
  keys: LogKeys,
  size: number,
  findings: Findings,
): void {
  const sizes = [...vouched]
  for (const point of [watched.mark, watched.cosigned])
    if (point !== null && agrees(point) === true) sizes.push(point.head.size)
  if (published !== null && watched.published !== null && agrees(watched.published) === true) {
    if (verifiedBy(published.note, keys.at(published.size)).length > 0) sizes.push(published.size)
    else {
      findings.add({
        kind: 'foreign_key',
        subject: 'checkpoint',
        index: published.size,
        file: 'checkpoint',
        message: `The checkpoint file of ${published.size} entries is not signed by the key in force there.`,
      })
    }
  }
  const signed = Math.max(...sizes)
  if (signed >= size) return
  const message = `Nothing that the log\u2019s key has signed vouches for the entries from ${signed} on.`
  findings.add({ kind: 'altered', subject: 'checkpoint', index: signed, message })
}

/** Holds the log to its own checkpoint file; `marked` says that a high-water mark is at hand, which says more of a cut tail. */
export function checkPublished(watched: Watched | null, size: number, marked: boolean, findings: Findings): void {
  if (watched === null) return
  const { head } = watched
  if (head.size > size && !marked) {
    const message = `The log ends at ${size} entries, but its own checkpoint signs ${head.size}: its tail was cut off.`
    findings.add({ kind: 'truncated', index: size, message })
  }
  if (agrees(watched) !== false) return
  findings.add({
    kind: 'forked',
    subject: 'checkpoint',
    index: head.size,
    file: 'checkpoint',
    message: `The checkpoint file signs another history: its root at ${head.size} entries is not that of the entries.`,
  })
}
