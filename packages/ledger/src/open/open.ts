import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { LedgerEntry } from '@castellan/contracts'
import { LogWriter } from '../append/log-writer.ts'
import type { LogState } from '../append/state.ts'
import { isTombstone } from '../entry/tombstone.ts'
import { damaged, LedgerError } from '../error.ts'
import { listSegments } from '../journal/reader.ts'
import { encodeSegmentHeader, SEGMENT_BYTES, segmentName } from '../journal/segment.ts'
import { SegmentWriter } from '../journal/writer.ts'
import { TileEdge } from '../merkle/edge.ts'
import { emptyRoot } from '../merkle/hash.ts'
import { parseCheckpoint, signCheckpoint, type TreeHead } from '../note/checkpoint.ts'
import type { Rotation } from '../note/key-chain.ts'
import type { Verifier } from '../note/keys.ts'
import { adopt } from '../rotate/rotate.ts'
import type { FoundSeal } from '../seal/mark-seal.ts'
import { listFiles, makeFolder, removeLeftovers } from '../store/files.ts'
import { appendHistory, readHistory } from '../store/history.ts'
import { createKeys, dropNextKey, type LedgerKeys, readKeys, readNextKey, readVerifiers } from '../store/keys.ts'
import { type Lock, takeLock } from '../store/lock.ts'
import { HighWaterMark, hasMark, readMark } from '../store/mark.ts'
import { readPublished } from '../store/published.ts'
import { publishHead } from '../store/publisher.ts'
import { readSealedMark, SealedMark } from '../store/sealed-mark.ts'
import { Settler } from '../store/settler.ts'
import { missingMark, recover, reopenSegment } from './recover.ts'

export interface LedgerOptions {
  /** The log's folder. Holds no secret in the clear. */
  readonly dir: string
  /** Folder of the signing key, the payload key and the high-water mark: apart from the log, root only. */
  readonly keyDir: string
  /** Name of a new log, without spaces or plus; an existing one keeps its own. Default: `castellan/<host>/<random>`. */
  readonly origin?: string
  /** Milliseconds since 1970; `Date.now` unless a test says otherwise. */
  readonly clock?: () => number
  /** Seals a second high-water mark to this machine, where that can; see {@link SealedMark}. */
  readonly seal?: FoundSeal
}

const NO_SEAL: FoundSeal = { seal: null, why: 'whoever opened the ledger named no seal' }

/** What an open log consists of. */
export interface LedgerParts {
  readonly dir: string
  readonly keyDir: string
  readonly origin: string
  /** Every key the log was ever signed with, oldest first. */
  readonly verifiers: Verifier[]
  readonly keys: LedgerKeys
  readonly state: LogState
  readonly writer: LogWriter
  readonly settler: Settler
  readonly mark: HighWaterMark
  readonly sealedMark: SealedMark
  readonly lock: Lock
}

/** What a repair is about to put on record, and opens the log without. */
export interface Repairing {
  /** Rotations that lead from the key the log ends under to the one in the key folder; none where that is the same. */
  readonly restates: readonly Rotation[]
}

/** Opens or makes a log and everything that writing it needs; one being repaired with losses that are not on record yet. */
export async function openParts(options: LedgerOptions, repairing?: Repairing): Promise<LedgerParts> {
  const { dir, keyDir } = options
  await makeFolder(dir)
  await makeFolder(keyDir)
  const lock = await takeLock(dir)
  try {
    await removeLeftovers(join(dir, 'journal'))
    let { keys, origin } = await openKeys(options)
    const verifiers = [...((await readVerifiers(dir)) ?? [])]
    if ((await listSegments(dir)).length === 0) await createLog(dir, keyDir, origin, keys)
    const mark = await readMark(keyDir, verifiers)
    if (mark === null) throw missingMark(keyDir)
    const published = await readPublished(dir, verifiers)
    const { seal = NO_SEAL } = options
    const sealed = seal.seal === null ? null : await readSealedMark(keyDir, seal.seal, verifiers)
    const heads: TreeHead[] = [mark, published, sealed].filter((head) => head !== null)
    // What was there at a start or stop was durable then, whatever an older mark says that was put back.
    heads.push(...(await readHistory(keyDir, origin)))
    const recovered = await recover({
      dir,
      origin,
      signer: keys.signer,
      verifiers,
      next: (await readNextKey(keyDir, origin))?.verifier ?? null,
      mark,
      published,
      acknowledged: heads.reduce((newest, head) => (head.size > newest.size ? head : newest)),
      repairing: repairing !== undefined,
      restates: repairing?.restates ?? [],
    })
    const { state } = recovered
    keys = await settleRotation(options, keys, verifiers, state)
    const segment = await reopenSegment(recovered.segment)
    const raised = await HighWaterMark.create(keyDir, state.checkpoint)
    await appendHistory(keyDir, parseCheckpoint(state.checkpoint), false)
    const settler = new Settler(dir, state, published?.size ?? null)
    const writer = new LogWriter({
      dir,
      origin,
      keys,
      state,
      segment,
      mark: raised,
      clock: options.clock ?? Date.now,
      onBatch: () => settler.nudge(),
      drainTail: () => settler.settle(),
    })
    if (state.tail.length > 0) settler.nudge()
    const sealedMark = new SealedMark(keyDir, seal.seal, seal.seal === null ? seal.why : '', () => state.checkpoint)
    await sealedMark.start(sealed === null)
    // Readers of the C2SP layout find a log only by its checkpoint, also an empty one. What fails here is tried again.
    if (published === null) await settler.publish().catch(() => undefined)
    return { dir, keyDir, origin, verifiers, keys, state, writer, settler, mark: raised, sealedMark, lock }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** The keys of the log; new ones only where neither folder knows of a log. */
async function openKeys({ dir, keyDir, origin }: LedgerOptions): Promise<{ keys: LedgerKeys; origin: string }> {
  const verifiers = await readVerifiers(dir)
  if (verifiers !== null) {
    const name = (verifiers.at(-1) as { name: string }).name
    const keys = await readKeys(keyDir, name)
    if (!verifiers.some(({ vkey }) => vkey === keys.signer.verifier.vkey)) {
      throw new LedgerError(
        'ledger_unavailable',
        `The signing key in ${keyDir} is not a key of the log in ${dir}. Restore the key that belongs to it; where the log is a copy from before its key was rotated, run \`agentctl ledger repair\`.`,
      )
    }
    return { keys, origin: name }
  }
  // A log gets its mark before its first entry: keys without a mark are those of a log that was never finished.
  if (await hasMark(keyDir)) {
    throw damaged(`${keyDir} holds the keys of a log, but ${dir} is not that log: its vkeys file is missing`, {
      kind: 'truncated',
      file: 'vkeys',
    })
  }
  const name = origin ?? `castellan/${hostname().replaceAll(/[\s+]/g, '-')}/${randomBytes(4).toString('hex')}`
  return { keys: await createKeys(dir, keyDir, name), origin: name }
}

/** Finishes or undoes a key rotation that a crash interrupted: it counts if its entry is the newest one. */
async function settleRotation(
  { dir, keyDir }: LedgerOptions,
  keys: LedgerKeys,
  verifiers: Verifier[],
  state: LogState,
): Promise<LedgerKeys> {
  const { signer } = keys
  const { name } = signer.verifier
  const next = await readNextKey(keyDir, name)
  if (next === null) return keys
  const newest = state.tail.at(-1)
  const entry =
    newest === undefined || isTombstone(newest.leaf) ? null : (JSON.parse(newest.leaf.toString()) as LedgerEntry)
  if (entry?.type === 'key_rotated' && entry.facts?.new_vkey === next.verifier.vkey) {
    await adopt(keyDir, entry)
    state.checkpoint = signCheckpoint(parseCheckpoint(state.checkpoint), next)
    return { ...keys, signer: next }
  }
  await dropNextKey(dir, keyDir, verifiers, next)
  const at = verifiers.findIndex(({ vkey }) => vkey === next.verifier.vkey)
  if (at >= 0) verifiers.splice(at, 1)
  return keys
}

/** The first segment of a new log. Its mark and its checkpoint come first, so that no log is ever without them. */
async function createLog(dir: string, keyDir: string, origin: string, { signer }: LedgerKeys): Promise<void> {
  const files = (await listFiles(dir)).filter((path) => path.startsWith('tile/') || path.startsWith('payload/'))
  const published = await readPublished(dir, [signer.verifier])
  if (files.length > 0 || (published !== null && published.size > 0))
    throw damaged('The journal has no segment', { file: 'journal' })
  const mark = await readMark(keyDir, [signer.verifier])
  if (mark !== null && mark.size > 0) {
    throw damaged(`The log is empty, but ${mark.size} entries were acknowledged`, {
      kind: 'truncated',
      acknowledged: mark.size,
    })
  }
  const checkpoint = signCheckpoint({ origin, size: 0, root: emptyRoot() }, signer)
  await (await HighWaterMark.create(keyDir, checkpoint)).close()
  await publishHead(dir, new TileEdge(), 0, [], checkpoint)
  const header = encodeSegmentHeader({ v: 1, origin, first: 0, open: [] })
  await (await SegmentWriter.create(join(dir, 'journal', segmentName(0)), header, SEGMENT_BYTES)).close()
}
