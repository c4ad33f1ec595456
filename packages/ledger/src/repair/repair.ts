import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LedgerActor, LedgerFacts } from '@castellan/contracts'
import { LedgerError } from '../error.ts'
import { listSegments } from '../journal/reader.ts'
import { encodeSegmentHeader, SEGMENT_BYTES, segmentName } from '../journal/segment.ts'
import { SegmentWriter } from '../journal/writer.ts'
import { Ledger } from '../ledger.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import { type Checkpoint, signCheckpoint } from '../note/checkpoint.ts'
import type { Rotation } from '../note/key-chain.ts'
import { parseVkey, type Verifier } from '../note/keys.ts'
import type { LedgerOptions } from '../open/open.ts'
import { listFiles } from '../store/files.ts'
import { readKeys, readNextKey, readVerifiers, writeVerifiers } from '../store/keys.ts'
import { takeLock } from '../store/lock.ts'
import { HighWaterMark, readMark } from '../store/mark.ts'
import { restoreTree } from '../store/restore.ts'
import { rotationsBetween } from '../store/rotations.ts'
import { SEALED_MARK_FILE } from '../store/sealed-mark.ts'
import type { Verdict } from '../verify/findings.ts'
import { verifyLedger } from '../verify/verify.ts'
import { type Losses, mendBundles, unrecorded } from './bundles.ts'
import { mendJournal } from './journal.ts'
import { quarantine, setAside } from './quarantine.ts'

export interface RepairOptions extends LedgerOptions {
  /** Who repairs; an operator, never an agent. */
  readonly actor: LedgerActor
  readonly reason: string
}

export interface RepairReport {
  /** What was wrong before. */
  readonly before: Verdict
  /** What is found now. */
  readonly after: Verdict
  /** Where everything lies as it was found, below the log's folder; null where nothing had to be done. */
  readonly quarantine: string | null
  /** Indexes of the gap entries that put the losses on record. */
  readonly gaps: readonly number[]
}

/**
 * Brings a damaged log back to work without losing anything that is there: what was found is copied aside, hashes are
 * rebuilt from entries and entries' places kept by their hashes, and signed `gap` entries say what is gone and commit
 * to what was found. The log must not be open. Errors: `state_locked`; `ledger_damaged` where neither entries nor
 * hashes are left and only a backup helps.
 */
export async function repairLedger(options: RepairOptions): Promise<RepairReport> {
  const { dir, keyDir, actor, reason } = options
  if (actor.kind === 'agent') throw new LedgerError('permission_denied', 'Only an operator may repair the ledger.')
  const now = (options.clock ?? Date.now)()
  const seal = options.seal === undefined ? {} : { seal: options.seal }
  const before = await verifyLedger({ dir, keyDir, ...seal })
  if (before.ok) return { before, after: before, quarantine: null, gaps: [] }
  const listed = await readVerifiers(dir)
  if (listed === null)
    throw new LedgerError(
      'ledger_damaged',
      `The vkeys file is missing from ${dir}. Restore it from a backup or from a checkpoint's recipient.`,
    )
  const lock = await takeLock(dir)
  const losses: Losses = { entries: [], payloads: [], known: [] }
  let found: Awaited<ReturnType<typeof quarantine>>
  let history: LedgerFacts | null
  let restates: readonly Rotation[]
  try {
    found = await quarantine(
      dir,
      before.findings.flatMap(({ file }) => (file === undefined ? [] : [file])),
      now,
    )
    const verifiers = await dropStrangers(dir, keyDir, await listCurrent(dir, keyDir, listed))
    const acknowledged = await readMark(keyDir, verifiers).catch(() => null)
    await mend(dir, keyDir, verifiers, losses)
    const settled = await settleMark(options, verifiers, acknowledged, now)
    history = settled.history
    restates = await missingRotations(keyDir, settled.endsUnder)
  } finally {
    await lock.release()
  }
  const gaps = [
    ...rangesOf(unrecorded(losses), 'entries'),
    ...rangesOf(losses.payloads, 'payloads'),
    ...(history === null ? [] : [history]),
  ]
  // Nothing may be lost at all (a hash tile, a torn file); that a repair took place is put on record all the same.
  const facts = gaps.length === 0 ? [{ lost: 'nothing' }] : gaps
  const ledger = await Ledger.openForRepair(options, { restates })
  // All in one batch: the key that signs it is the one they lead to.
  await Promise.all(
    restates.map((rotation) => ledger.append({ type: 'key_rotated', actor, facts: restatement(rotation) })),
  )
  const indexes: number[] = []
  for (const gap of facts) {
    const draft = { type: 'gap', actor, facts: { ...gap, quarantine: found.path, manifest: found.manifest } } as const
    indexes.push((await ledger.append(draft, { reason, findings: before.findings })).index)
  }
  await ledger.close()
  return { before, after: await verifyLedger({ dir, keyDir, ...seal }), quarantine: found.path, gaps: indexes }
}

/** A copy of the log from before its key was rotated does not list the key in use: those on the way there are listed again. */
async function listCurrent(dir: string, keyDir: string, listed: readonly Verifier[]): Promise<readonly Verifier[]> {
  const newest = listed.at(-1) as Verifier
  const { vkey } = (await readKeys(keyDir, newest.name)).signer.verifier
  if (listed.some((key) => key.vkey === vkey)) return listed
  const way = await missingRotations(keyDir, newest)
  const verifiers = [...listed, ...way.map(({ facts }) => parseVkey(String(facts.new_vkey)))]
  await writeVerifiers(dir, verifiers)
  return verifiers
}

/** The rotations that lead from the key that the mended log ends under to the one in use, where they are not part of it. */
async function missingRotations(keyDir: string, endsUnder: Verifier): Promise<readonly Rotation[]> {
  const { name: origin } = endsUnder
  const { vkey } = (await readKeys(keyDir, origin)).signer.verifier
  if (endsUnder.vkey === vkey || endsUnder.vkey === (await readNextKey(keyDir, origin))?.verifier.vkey) return []
  const way = await rotationsBetween(keyDir, endsUnder.vkey, vkey)
  if (way !== null) return way
  throw new LedgerError(
    'ledger_unavailable',
    `The log ends under the key ${endsUnder.vkey}, and no rotation that is remembered in ${keyDir} leads from it to the signing key there, ${vkey}. Restore the key folder that belongs to this log, or move both folders aside to begin a new one.`,
  )
}

function restatement({ index, facts }: Rotation): LedgerFacts {
  return { ...(facts as LedgerFacts), rotated_at: index }
}

/** The keys that the log lists up to the newest one in the key folder: what stands behind it was never this log's. */
async function dropStrangers(dir: string, keyDir: string, listed: readonly Verifier[]): Promise<readonly Verifier[]> {
  const origin = (listed[0] as Verifier).name
  const { signer } = await readKeys(keyDir, origin)
  const held = [signer.verifier.vkey, (await readNextKey(keyDir, origin))?.verifier.vkey]
  const newest = listed.findLastIndex(({ vkey }) => held.includes(vkey))
  if (newest < 0 || newest === listed.length - 1) return listed
  const kept = listed.slice(0, newest + 1)
  await writeVerifiers(dir, kept)
  return kept
}

/** Bundles, then journal; published files are made anew by the ledger itself. */
async function mend(dir: string, keyDir: string, verifiers: readonly Verifier[], losses: Losses): Promise<void> {
  const origin = (verifiers.at(-1) as Verifier).name
  const { signer } = await readKeys(keyDir, origin)
  for (const path of await listFiles(join(dir, 'tile'))) if (/\.p\/\d+$/.test(path)) await rm(join(dir, 'tile', path))
  await rm(join(dir, 'checkpoint'), { force: true })
  const segments = await listSegments(dir)
  const first = segments[0]?.first ?? (await fullBundles(dir)) * TILE_WIDTH
  const open = await mendBundles(dir, first, losses)
  if (segments.length === 0) {
    const header = encodeSegmentHeader({ v: 1, origin, first, open: [...open].sort((a, b) => a - b) })
    await (await SegmentWriter.create(join(dir, 'journal', segmentName(first)), header, SEGMENT_BYTES)).close()
  }
  await mendJournal({ dir, origin, verifiers, signer, frontier: restoreTree(dir, first).frontier, open, losses })
  // Full bundles beyond the journal's beginning are written again from the journal; those beyond its end are remains.
  await removeBeyond(dir, first)
}

/**
 * The mark has to fit the log again. Where the log does not contain the acknowledged head (a cut tail, an older copy,
 * another history), the mark is set back to what is there, and the facts of that go on record.
 */
async function settleMark(
  { dir, keyDir, seal }: RepairOptions,
  verifiers: readonly Verifier[],
  acknowledged: Checkpoint | null,
  now: number,
): Promise<{ history: LedgerFacts | null; endsUnder: Verifier }> {
  const origin = (verifiers.at(-1) as Verifier).name
  const { signer } = await readKeys(keyDir, origin)
  const verdict = await verifyLedger({ dir, keyDir, ...(seal === undefined ? {} : { seal }) })
  const fits =
    acknowledged !== null &&
    !verdict.findings.some(({ kind }) =>
      ['truncated', 'rolled_back', 'forked', 'rewritten', 'mark_missing'].includes(kind),
    )
  const endsUnder = parseVkey(verdict.vkey)
  if (fits) return { history: null, endsUnder }
  const head = { origin, size: verdict.entries, root: Buffer.from(verdict.root, 'hex') }
  await setAside(keyDir, 'history', now)
  await setAside(keyDir, SEALED_MARK_FILE, now)
  await (await HighWaterMark.create(keyDir, signCheckpoint(head, signer))).close()
  const history = {
    lost: 'history',
    found_size: head.size,
    found_root: verdict.root,
    ...(acknowledged === null
      ? {}
      : { acknowledged_size: acknowledged.size, acknowledged_root: acknowledged.root.toString('hex') }),
  }
  return { history, endsUnder }
}

/** Runs of neighbouring indexes, each as the facts of a gap entry. */
function rangesOf(indexes: readonly number[], lost: 'entries' | 'payloads'): LedgerFacts[] {
  const ranges: { lost: string; first: number; last: number }[] = []
  for (const index of [...new Set(indexes)].sort((a, b) => a - b)) {
    const newest = ranges.at(-1)
    if (newest?.last === index - 1) newest.last = index
    else ranges.push({ lost, first: index, last: index })
  }
  return ranges
}

async function fullBundles(dir: string): Promise<number> {
  const names = (await listFiles(join(dir, 'tile/0'))).filter((path) => !path.includes('.p/'))
  return names.length
}

/** Removes full files that hold entries from `first` on, except in the bundle that `first` itself lies in. */
async function removeBeyond(dir: string, first: number): Promise<void> {
  const keep = Math.ceil(first / TILE_WIDTH)
  for (const folder of ['tile/entries', 'tile/0', 'payload']) {
    for (const path of await listFiles(join(dir, folder))) {
      const n = Number(path.replaceAll(/[x/]/g, ''))
      if (Number.isInteger(n) && n >= keep) await rm(join(dir, folder, path))
    }
  }
}
