import { join } from 'node:path'
import type { LedgerActor, LedgerEntry } from '@castellan/contracts'
import { isTombstone } from '../entry/tombstone.ts'
import { LedgerError } from '../error.ts'
import { encodeFrame, type StoredEntry } from '../journal/frame.ts'
import { encodeSegmentHeader, SEGMENT_BYTES, segmentName } from '../journal/segment.ts'
import { SegmentWriter } from '../journal/writer.ts'
import { Ledger } from '../ledger.ts'
import { TileEdge } from '../merkle/edge.ts'
import { Frontier } from '../merkle/frontier.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import { signCheckpoint } from '../note/checkpoint.ts'
import type { LedgerOptions } from '../open/open.ts'
import { exists, listFiles, makeFolder } from '../store/files.ts'
import { readKeys, writeVerifiers } from '../store/keys.ts'
import { takeLock } from '../store/lock.ts'
import { HighWaterMark } from '../store/mark.ts'
import { writeBundles } from '../store/publisher.ts'
import type { Verdict } from '../verify/findings.ts'
import { readExport } from './read.ts'

export interface ImportOptions extends LedgerOptions {
  readonly lines: AsyncIterable<string>
  readonly actor: LedgerActor
}

/**
 * Moves a log to this host: rebuilds it in the empty folder `dir` from an export. The key folder already holds the
 * log's `signing.key` and `payload.key`, brought over apart from the export. An `imported` entry records it. Errors:
 * `conflict` where `dir` is not empty, `ledger_damaged` where the export does not verify (nothing is left in use then).
 */
export async function importLedger({ lines, actor, ...place }: ImportOptions): Promise<Verdict> {
  const { dir, keyDir } = place
  if ((await listFiles(dir)).length > 0)
    throw new LedgerError('conflict', `${dir} is not empty. Import into a new folder.`)
  if (!(await exists(join(keyDir, 'signing.key')))) {
    throw new LedgerError(
      'ledger_unavailable',
      `Bring the log's signing.key and payload.key to ${keyDir} first: the log goes on under its own key.`,
    )
  }
  await makeFolder(dir)
  const lock = await takeLock(dir)
  let verdict: Verdict
  try {
    verdict = await rebuild(dir, keyDir, lines)
  } finally {
    await lock.release()
  }
  const ledger = await Ledger.open(place)
  await ledger.append({ type: 'imported', actor, facts: { size: verdict.entries, root: verdict.root } })
  await ledger.close()
  return verdict
}

async function rebuild(dir: string, keyDir: string, lines: AsyncIterable<string>): Promise<Verdict> {
  const frontier = new Frontier()
  const edge = new TileEdge()
  let tail: StoredEntry[] = []
  const { verdict, head, verifiers, open } = await readExport(lines, {
    onEntry: async (entry, hash) => {
      tail.push(entry)
      edge.add(frontier, hash)
      if (tail.length < TILE_WIDTH) return
      await writeBundles(dir, edge, frontier.size - TILE_WIDTH, tail)
      tail = []
    },
  })
  const [finding] = verdict.findings
  if (finding !== undefined)
    throw new LedgerError('ledger_damaged', `The export does not verify: ${finding.message}`, {
      detail: { kind: finding.kind },
    })
  const { signer } = await readKeys(keyDir, head.origin)
  if (head.vkeys.at(-1) !== signer.verifier.vkey) {
    throw new LedgerError(
      'ledger_unavailable',
      `The signing key in ${keyDir} is not the one the exported log is signed with now.`,
    )
  }
  const first = frontier.size - tail.length
  const checkpoint = signCheckpoint({ origin: head.origin, size: frontier.size, root: frontier.root() }, signer)
  const frame = tail.length === 0 ? Buffer.alloc(0) : encodeFrame(first, tail, checkpoint)
  const content = Buffer.concat([
    encodeSegmentHeader({ v: 1, origin: head.origin, first, open: openBefore(open, tail, first) }),
    frame,
  ])
  await writeVerifiers(dir, verifiers)
  await (await HighWaterMark.create(keyDir, checkpoint)).close()
  await (
    await SegmentWriter.create(
      join(dir, 'journal', segmentName(first)),
      content,
      Math.max(SEGMENT_BYTES, content.length),
    )
  ).close()
  return verdict
}

/** Intents open before the tail, worked out backwards from those open after it. */
function openBefore(open: ReadonlySet<number>, tail: readonly StoredEntry[], first: number): number[] {
  const before = new Set([...open].filter((index) => index < first))
  for (const { leaf } of tail) {
    if (isTombstone(leaf)) continue
    const { intent } = JSON.parse(leaf.toString()) as LedgerEntry
    if (intent !== undefined && intent < first) before.add(intent)
  }
  return [...before].sort((a, b) => a - b)
}
