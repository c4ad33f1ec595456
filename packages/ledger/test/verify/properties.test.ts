import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exportLedger, Ledger, verifyExport, verifyLedger } from '@castellan/ledger'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundlePath, partialTiles, TILE_WIDTH, tilePath } from '../../src/merkle/tiles.ts'
import { parseCheckpoint } from '../../src/note/checkpoint.ts'
import {
  decodeEntryBundle,
  decodePayloadBundle,
  encodeEntryBundle,
  encodePayloadBundle,
} from '../../src/store/bundle.ts'
import { splitHashes } from '../../src/store/tile-reader.ts'
import { fill, intent, type Place, tempFolder, tempPlace } from '../support.ts'

const actor = { kind: 'operator', name: 'root' } as const

async function copyOf(at: Place): Promise<Place> {
  const folder = await tempFolder()
  await cp(dirname(at.dir), folder, { recursive: true })
  return { ...at, dir: join(folder, 'ledger'), keyDir: join(folder, 'keys') }
}

/** Files that matter: partial ones of smaller trees are only left for readers who are a moment late. */
async function filesOf(dir: string): Promise<string[]> {
  const names = (await readdir(dir, { recursive: true })) as string[]
  const files: string[] = []
  const { size } = parseCheckpoint(await readFile(join(dir, 'checkpoint')))
  const called = partialTiles(size).map(({ level, n, width }) => tilePath(level, n, width))
  called.push(bundlePath(Math.floor(size / TILE_WIDTH), size % TILE_WIDTH))
  for (const name of names.sort())
    if ((await stat(join(dir, name))).isFile() && (!name.includes('.p/') || called.includes(name))) files.push(name)
  return files
}

/** Two histories under the same keys that part after 300 entries: bundles, partial files and a journal in each. */
let log: Place
let fork: Place
let checkpoints: Buffer[]
beforeAll(async () => {
  log = await tempPlace()
  const begin = await Ledger.open(log)
  await fill(begin, 300)
  await begin.close()
  fork = await copyOf(log)
  checkpoints = [await readFile(join(log.dir, 'checkpoint'))]
  for (const place of [fork, log]) {
    const ledger = await Ledger.open(place)
    for (let i = 0; i < 5; i += 1) {
      await fill(ledger, 160)
      // So large that the journal begins anew and the oldest bundles stand alone.
      await ledger.append(intent(9000 + i), { args: 'z'.repeat(900_000) })
      await ledger.append({ type: 'refused', actor, code: 'policy_denied' })
      if (i % 2 === 0) await ledger.publish()
      checkpoints.push(await readFile(join(place.dir, 'checkpoint')))
    }
    await ledger.close()
  }
  expect((await verifyLedger(log)).findings).toEqual([])
})

/** A journal segment is as long as the room made for it; zeros behind its last frame are no part of the log. */
async function writtenBytes(path: string): Promise<number> {
  if (!path.endsWith('.seg')) return (await stat(path)).size
  return (await readFile(path)).findLastIndex((byte) => byte !== 0) + 1
}

type Deed = (dir: string) => Promise<unknown>
const BUNDLES = ['000', '001', '002'] as const
const bundle = fc.constantFrom(...BUNDLES)
const at = fc.nat(255)

const onBundle =
  (n: string, change: (leaves: Buffer[]) => Buffer[]): Deed =>
  async (dir) => {
    const path = join(dir, 'tile/entries', n)
    const leaves = decodeEntryBundle(await readFile(path), Number(n) * 256, 256)
    await writeFile(path, encodeEntryBundle(change(leaves)))
  }

const onTile =
  (n: string, change: (hashes: Buffer[]) => Buffer[]): Deed =>
  async (dir) => {
    const path = join(dir, 'tile/0', n)
    await writeFile(path, Buffer.concat(change(splitHashes(await readFile(path)))))
  }

const onPayloads =
  (n: string, change: (records: Buffer[]) => Buffer[]): Deed =>
  async (dir) => {
    const path = join(dir, 'payload', n)
    const records = decodePayloadBundle(await readFile(path), Number(n) * 256, 256)
    await writeFile(path, encodePayloadBundle(change(records)))
  }

const swapped = (items: Buffer[], i: number, j: number): Buffer[] =>
  items.map((item, k) => (k === i ? items[j] : k === j ? items[i] : item) as Buffer)

/** What somebody may do who can write to the log's folder. */
const deeds: Record<string, fc.Arbitrary<Deed>> = {
  edit: fc.tuple(bundle, at, fc.nat(400), fc.integer({ min: 1, max: 255 })).map(([n, i, byte, by]) =>
    onBundle(n, (leaves) => {
      const leaf = Buffer.from(leaves[i] as Buffer)
      const where = byte % leaf.length
      leaf[where] = (leaf[where] as number) ^ by
      return leaves.with(i, leaf)
    }),
  ),
  delete: fc
    .tuple(bundle, at, fc.integer({ min: 1, max: 20 }))
    .map(([n, i, count]) => onBundle(n, (leaves) => leaves.toSpliced(i, count))),
  reorder: fc
    .tuple(bundle, at, at)
    .filter(([, i, j]) => i !== j)
    .map(([n, i, j]) => onBundle(n, (leaves) => swapped(leaves, i, j))),
  duplicate: fc
    .tuple(bundle, at, at)
    .map(([n, i, j]) => onBundle(n, (leaves) => leaves.toSpliced(i, 0, leaves[j] as Buffer))),
  'duplicate over another': fc
    .tuple(bundle, at, at)
    .filter(([, i, j]) => i !== j)
    .map(([n, i, j]) => onBundle(n, (leaves) => leaves.with(i, leaves[j] as Buffer))),
  'reorder with hashes': fc
    .tuple(bundle, at, at)
    .filter(([, i, j]) => i !== j)
    .map(([n, i, j]) => async (dir: string) => {
      await onBundle(n, (leaves) => swapped(leaves, i, j))(dir)
      await onTile(n, (hashes) => swapped(hashes, i, j))(dir)
    }),
  'swap payloads': fc
    .tuple(bundle, at, at)
    .filter(([, i, j]) => i !== j)
    .map(([n, i, j]) => onPayloads(n, (records) => swapped(records, i, j))),
  'blank payloads': fc
    .tuple(bundle, at)
    .map(([n, i]) =>
      onPayloads(n, (records) =>
        records.map((record, k) => (k === i || (k > i && k < i + 3) ? Buffer.alloc(0) : record)),
      ),
    ),
  'swap bundles': fc
    .tuple(bundle, bundle, fc.constantFrom('tile/entries', 'tile/0', 'payload'))
    .filter(([n, m]) => n !== m)
    .map(([n, m, folder]) => async (dir: string) => {
      const [a, b] = [join(dir, folder, n), join(dir, folder, m)]
      const [first, second] = [await readFile(a), await readFile(b)]
      await writeFile(a, second)
      await writeFile(b, first)
    }),
  truncate: fc
    .tuple(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }))
    .map(([which, share]) => async (dir: string) => {
      const files = await filesOf(dir)
      const path = join(dir, files[which % files.length] as string)
      await truncate(path, Math.floor((await writtenBytes(path)) * share))
    }),
  remove: fc.nat().map((which) => async (dir: string) => {
    const files = await filesOf(dir)
    await rm(join(dir, files[which % files.length] as string))
  }),
  lengthen: fc
    .tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 }))
    .map(([which, tail]) => async (dir: string) => {
      const files = await filesOf(dir)
      const path = join(dir, files[which % files.length] as string)
      await writeFile(path, Buffer.concat([await readFile(path), Buffer.from(tail), Buffer.from([1])]))
    }),
  'splice in what another history has': fc
    .tuple(fc.nat(), fc.integer({ min: 1, max: 6 }))
    .map(([which, count]) => async (dir: string) => {
      const files: string[] = []
      for (const file of await filesOf(dir)) {
        const other = await readFile(join(fork.dir, file)).catch(() => null)
        if (other !== null && !other.equals(await readFile(join(dir, file)))) files.push(file)
      }
      for (let i = 0; i < count; i += 1) {
        const file = files[(which + i) % files.length] as string
        await cp(join(fork.dir, file), join(dir, file))
      }
    }),
  'replay a checkpoint': fc.nat().map((which) => async (dir: string) => {
    const now = await readFile(join(dir, 'checkpoint'))
    const others = checkpoints.filter((checkpoint) => !checkpoint.equals(now))
    await writeFile(join(dir, 'checkpoint'), others[which % others.length] as Buffer)
  }),
}

describe('a random deed below the log folder is found', () => {
  test.each(Object.keys(deeds))('%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(deeds[name] as fc.Arbitrary<Deed>, async (deed) => {
        const copy = await copyOf(log)
        await deed(copy.dir)
        const verdict = await verifyLedger(copy)
        expect(verdict.ok).toBe(false)
        expect(verdict.exitCode).toBeGreaterThan(0)
        expect(verdict.findings.length).toBeGreaterThan(0)
        await rm(dirname(copy.dir), { recursive: true })
      }),
      { numRuns: 12 },
    )
  })
})

describe('no valid log is rejected', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 400 }).map((count) => ({ kind: 'fill', count }) as const) },
    fc.nat().map((which) => ({ kind: 'erase', which }) as const),
    fc.constantFrom(
      { kind: 'prune' } as const,
      { kind: 'rotate' } as const,
      { kind: 'publish' } as const,
      { kind: 'reopen' } as const,
    ),
  )

  test('whatever was done to it, with its keys, without them, as an export', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const place = await tempPlace()
        let ledger = await Ledger.open(place)
        for (const deed of steps) {
          if (deed.kind === 'fill') await fill(ledger, deed.count)
          if (deed.kind === 'erase' && ledger.size > 0)
            await ledger.erase({ index: deed.which % ledger.size, reason: 'a test', actor }).catch((error) => {
              expect((error as { code: string }).code).toMatch(/^(payload_erased|not_found)$/)
            })
          if (deed.kind === 'prune') await ledger.prunePayloads({ before: Date.now() + 1000, actor })
          if (deed.kind === 'rotate') await ledger.rotateKey({ actor })
          if (deed.kind === 'publish') await ledger.publish()
          if (deed.kind === 'reopen') {
            await ledger.close()
            ledger = await Ledger.open(place)
          }
          expect((await verifyLedger(place)).findings).toEqual([])
        }
        const { vkey } = ledger.head()
        await ledger.close()
        const verdict = await verifyLedger(place)
        expect(verdict.findings).toEqual([])
        expect((await verifyLedger({ dir: place.dir, vkey })).findings).toEqual([])
        expect(await verifyExport(exportLedger(place.dir), { vkey })).toMatchObject({
          findings: [],
          root: verdict.root,
        })
      }),
      { numRuns: 6 },
    )
  })
})
