import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LedgerEntry } from '@castellan/contracts'
import { entryHash, isTombstone, tombstone } from '../entry/tombstone.ts'
import { LedgerError } from '../error.ts'
import { TileEdge } from '../merkle/edge.ts'
import { Frontier } from '../merkle/frontier.ts'
import { sha256 } from '../merkle/hash.ts'
import { bundlePath, payloadPath, TILE_BYTES, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { decodeEntryBundle, decodePayloadBundle, encodeEntryBundle, encodePayloadBundle } from '../store/bundle.ts'
import { type FileToWrite, writeFilesDurably } from '../store/files.ts'
import { splitHashes } from '../store/tile-reader.ts'

/** What a repair could not save, by index. */
export interface Losses {
  readonly entries: number[]
  readonly payloads: number[]
  /** Entries that an earlier repair put on record already. */
  readonly known: [first: number, last: number][]
}

/** The lost entries that are not on record yet. */
export function unrecorded({ entries, known }: Losses): number[] {
  return entries.filter((index) => !known.some(([first, last]) => first <= index && index <= last))
}

const NOTHING = Buffer.alloc(0)

/**
 * Makes the full bundles below `end` whole again: hash tiles from entries, chain hashes where a tile is gone, and a
 * tombstone where an entry is beyond saving. Returns the intents that are open at `end`. Fails where neither an entry nor its hash is left.
 */
export async function mendBundles(dir: string, end: number, losses: Losses): Promise<Set<number>> {
  const open = new Set<number>()
  const frontier = new Frontier()
  const edge = new TileEdge()
  for (let n = 0; n * TILE_WIDTH < end; n += 1) {
    const { leaves, hashes } = await mendEntries(dir, n, losses)
    const records = await mendPayloads(dir, n, leaves, losses)
    for (const hash of hashes) edge.add(frontier, hash)
    const tiles = edge.fullTiles(frontier.size)
    const files: FileToWrite[] = [
      { path: join(dir, bundlePath(n)), bytes: encodeEntryBundle(leaves), mode: 0o644 },
      { path: join(dir, payloadPath(n)), bytes: encodePayloadBundle(records) },
      ...tiles.map(({ level, n: at, bytes }) => ({ path: join(dir, tilePath(level, at)), bytes, mode: 0o644 })),
    ]
    await writeChanged(files)
    edge.drop(tiles)
    for (const [i, leaf] of leaves.entries())
      if (n * TILE_WIDTH + i < end) follow(open, losses, leaf, n * TILE_WIDTH + i)
  }
  return open
}

/** Keeps open intents and known gaps up to date with one more entry; a lost one changes nothing. */
export function follow(open: Set<number>, { known }: Losses, leaf: Buffer, index: number): void {
  const entry = parse(leaf)
  if (entry?.type === 'gap' && entry.facts?.lost === 'entries')
    known.push([Number(entry.facts.first), Number(entry.facts.last)])
  if (entry?.type === 'intent') open.add(index)
  if (entry?.intent !== undefined) open.delete(entry.intent)
}

async function mendEntries(dir: string, n: number, losses: Losses): Promise<{ leaves: Buffer[]; hashes: Buffer[] }> {
  const first = n * TILE_WIDTH
  const held = await readBundle(dir, bundlePath(n), (bytes) => decodeEntryBundle(bytes, first, TILE_WIDTH))
  const tile = await readBundle(dir, tilePath(0, n), (bytes) =>
    bytes.length === TILE_BYTES ? splitHashes(bytes) : null,
  )
  const after = await readBundle(dir, bundlePath(n + 1), (bytes) =>
    decodeEntryBundle(bytes, first + TILE_WIDTH, TILE_WIDTH),
  )
  const leaves: Buffer[] = []
  const hashes: Buffer[] = []
  for (let i = 0; i < TILE_WIDTH; i += 1) {
    const leaf = held?.[i]
    const own = leaf === undefined ? undefined : entryHash(leaf)
    const next = predecessorOf(i + 1 < TILE_WIDTH ? held?.[i + 1] : after?.[0])
    // Two of three agree: the entry itself, the hash tile, the chain hash in the entry after it.
    const right =
      [own, tile?.[i], next].find(
        (hash, _, all) => hash !== undefined && all.filter((other) => other?.equals(hash)).length > 1,
      ) ??
      tile?.[i] ??
      next
    if (right === undefined) {
      throw new LedgerError(
        'ledger_damaged',
        `Of entry ${first + i} neither the entry nor its hash is left. Restore ${bundlePath(n)} and ${tilePath(0, n)} from a backup.`,
        {
          detail: { index: first + i },
        },
      )
    }
    const good = leaf !== undefined && own?.equals(right) === true
    if (!good || isTombstone(leaf)) losses.entries.push(first + i)
    leaves.push(good ? leaf : tombstone(right))
    hashes.push(right)
  }
  return { leaves, hashes }
}

async function mendPayloads(dir: string, n: number, leaves: readonly Buffer[], losses: Losses): Promise<Buffer[]> {
  const first = n * TILE_WIDTH
  const held = await readBundle(dir, payloadPath(n), (bytes) => decodePayloadBundle(bytes, first, TILE_WIDTH))
  return leaves.map((leaf, i) => {
    const digest = digestOf(leaf)
    const record = held?.[i]
    if (record !== undefined && (record.length === 0 || (digest !== null && sha256(record).toString('hex') === digest)))
      return record
    if (digest !== null) losses.payloads.push(first + i)
    return NOTHING
  })
}

/** Digest of the payload that a leaf names, null where it names none or cannot be read. */
export function digestOf(leaf: Buffer): string | null {
  return parse(leaf)?.payload ?? null
}

/** The chain hash that an entry carries. */
export function predecessorOf(leaf: Buffer | undefined): Buffer | undefined {
  const prev = leaf === undefined ? undefined : parse(leaf)?.prev
  return prev !== undefined && /^[0-9a-f]{64}$/.test(prev) ? Buffer.from(prev, 'hex') : undefined
}

function parse(leaf: Buffer): Partial<LedgerEntry> | null {
  try {
    return JSON.parse(leaf.toString()) as Partial<LedgerEntry>
  } catch {
    return null
  }
}

async function readBundle<T>(dir: string, path: string, decode: (bytes: Buffer) => T): Promise<T | null> {
  try {
    return decode(await readFile(join(dir, path)))
  } catch {
    return null
  }
}

/** Leaves files alone that are right already. */
async function writeChanged(files: readonly FileToWrite[]): Promise<void> {
  const changed: FileToWrite[] = []
  for (const file of files) {
    const held = await readFile(file.path).catch(() => null)
    if (held === null || !held.equals(file.bytes as Buffer)) changed.push(file)
  }
  await writeFilesDurably(changed)
}
