import type { RememberedHead } from '../store/history.ts'
import type { Findings } from './findings.ts'
import { agrees, type Watched } from './watch.ts'

/**
 * Judges a log that is coherent in itself by what was remembered apart from it: `size` entries against the high-water
 * mark and the heads of earlier starts and stops. `beyond` says that files of the log speak of more entries than it has.
 */
export function judgeMark(
  mark: Watched,
  history: readonly Watched[],
  size: number,
  beyond: boolean,
  findings: Findings,
): void {
  // A head of an earlier start or stop was durable then: an older mark put back does not make it less.
  const acknowledged = Math.max(mark.head.size, ...history.map((point) => point.head.size))
  const departed = [mark, ...history].filter((point) => agrees(point) === false).map((point) => point.head.size)
  if (departed.length === 0) {
    if (agrees(mark) === true && acknowledged <= size) return
    const message = `The log ends at ${size} entries, but ${acknowledged} were acknowledged`
    findings.add(
      beyond
        ? { kind: 'truncated', index: size, message: `${message}: its tail was cut off.` }
        : {
            kind: 'rolled_back',
            index: size,
            message: `${message}: it is coherent in itself, so an earlier copy of it was put back.`,
          },
    )
    return
  }
  const wrong = Math.min(...departed)
  const right = Math.max(
    0,
    ...history
      .filter((point) => agrees(point) === true)
      .map((point) => point.head.size)
      .filter((at) => at < wrong),
  )
  findings.add(
    right === 0
      ? {
          kind: 'rewritten',
          index: 0,
          message: `The log is signed and coherent, but it is not the history that was acknowledged: already its head at ${wrong} entries is another.`,
        }
      : {
          kind: 'forked',
          index: right,
          message: `The log departs from the acknowledged history between entry ${right} and entry ${wrong}.`,
        },
  )
}

/**
 * The checkpoint file never goes back: once the log was closed with its head published, an older one was put there since.
 * Where entries themselves are gone the mark says so, and more.
 */
export function judgePublished(
  published: Watched,
  history: readonly RememberedHead[],
  size: number,
  findings: Findings,
): void {
  const before = Math.max(0, ...history.filter((head) => head.published).map((head) => head.size))
  const at = published.head.size
  if (at >= before || before > size || agrees(published) === false) return
  findings.add({
    kind: 'rolled_back',
    subject: 'checkpoint',
    index: at,
    file: 'checkpoint',
    message: `The checkpoint file has ${at} entries, but ${before} were published already: an earlier copy of it was put back.`,
  })
}
