import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ledger, repairLedger, verifyLedger } from '@castellan/ledger'
import { describe, expect, test } from 'vitest'
import { readSegment } from '../../src/journal/reader.ts'
import { decodeEntryBundle } from '../../src/store/bundle.ts'
import { fill, intent, logOf, type Place, tempPlace } from '../support.ts'

const operator = { actor: { kind: 'operator', name: 'root' }, reason: 'a bad disk' } as const

/** A log whose first entries are in bundles only: the journal has moved on. */
async function settledLog(): Promise<Place> {
  const at = await tempPlace()
  const ledger = await Ledger.open(at)
  for (let i = 0; i < 5; i += 1) {
    await fill(ledger, 160)
    await ledger.append(intent(9000 + i), { args: 'z'.repeat(1_000_000) })
  }
  await ledger.close()
  return at
}

async function flip(path: string, position: number): Promise<Buffer> {
  const bytes = await readFile(path)
  const before = Buffer.from(bytes)
  bytes[position] = (bytes[position] as number) ^ 1
  await writeFile(path, bytes)
  return before
}

/** Repairs, and holds the result to what every repair promises. */
async function repaired(at: Place): Promise<{ ledger: Ledger; gaps: readonly number[]; quarantine: string }> {
  expect((await verifyLedger(at)).ok).toBe(false)
  const report = await repairLedger({ ...at, ...operator })
  expect(report.after.findings).toEqual([])
  const ledger = await Ledger.open(at)
  for (const gap of report.gaps) expect(await ledger.read(gap)).toMatchObject({ type: 'gap', actor: operator.actor })
  await fill(ledger, 6)
  return { ledger, gaps: report.gaps, quarantine: report.quarantine as string }
}

describe('repairing', () => {
  test('a whole log changes nothing', async () => {
    const at = await logOf(30)
    expect(await repairLedger({ ...at, ...operator })).toMatchObject({
      quarantine: null,
      gaps: [],
      after: { entries: 30 },
    })
  })

  test('is not for agents', async () => {
    await expect(
      repairLedger({ ...(await logOf(3)), actor: { kind: 'agent', name: 'main' }, reason: 'x' }),
    ).rejects.toMatchObject({ code: 'permission_denied' })
  })

  test('an altered entry keeps its place, its neighbours, and what was found', async () => {
    const at = await settledLog()
    const path = join(at.dir, 'tile/entries/000')
    const leaves = decodeEntryBundle(await readFile(path), 0, 256)
    const position = leaves.slice(0, 40).reduce((sum, leaf) => sum + 2 + leaf.length, 0) + 30
    await flip(path, position)
    const damaged = await readFile(path)
    const { ledger, gaps, quarantine } = await repaired(at)
    expect((await ledger.read(gaps[0] as number)).facts).toMatchObject({ lost: 'entries', first: 40, last: 40 })
    await expect(ledger.read(40)).rejects.toMatchObject({ code: 'ledger_damaged' })
    expect((await ledger.read(41)).index).toBe(41)
    expect((await ledger.query({ limit: 1000 })).entries.map(({ index }) => index)).not.toContain(40)
    expect(await readFile(join(at.dir, quarantine, 'tile/entries/000'))).toEqual(damaged)
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [], gaps: 1 })
  })

  test.each([
    ['a hash tile', 'tile/0/000'],
    ['the checkpoint', 'checkpoint'],
    ['a partial tile', 'tile/1/000.p'],
  ])('%s that was altered loses nothing', async (_, file) => {
    const at = await settledLog()
    const path = file.endsWith('.p') ? join(file, (await readdir(join(at.dir, file)))[0] as string) : file
    await flip(join(at.dir, path), 20)
    const { ledger, gaps } = await repaired(at)
    expect((await ledger.read(gaps[0] as number)).facts).toMatchObject({ lost: 'nothing' })
    await ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('a missing hash tile is made again from its entries', async () => {
    const at = await settledLog()
    const tile = await readFile(join(at.dir, 'tile/0/001'))
    await rm(join(at.dir, 'tile/0/001'))
    const { ledger } = await repaired(at)
    await ledger.close()
    expect(await readFile(join(at.dir, 'tile/0/001'))).toEqual(tile)
  })

  test('a missing entry bundle leaves 256 places kept by their hashes', async () => {
    const at = await settledLog()
    await rm(join(at.dir, 'tile/entries/001'))
    const { ledger, gaps } = await repaired(at)
    expect((await ledger.read(gaps[0] as number)).facts).toMatchObject({ lost: 'entries', first: 256, last: 511 })
    expect((await ledger.read(512)).index).toBe(512)
    await ledger.close()
  })

  test('altered or missing payloads are given up, their entries kept', async () => {
    const at = await settledLog()
    await flip(join(at.dir, 'payload/000'), 500)
    await rm(join(at.dir, 'payload/001'))
    const { ledger, gaps } = await repaired(at)
    const facts = await Promise.all(gaps.map(async (gap) => (await ledger.read(gap)).facts))
    expect(facts.map((fact) => fact?.lost)).toContain('payloads')
    expect((await ledger.read(300)).index).toBe(300)
    await expect(ledger.payload(300)).rejects.toMatchObject({ code: 'payload_erased' })
    await ledger.close()
  })

  test.each([1, 2])('a copy from before %i rotations of the key goes on, each stated again', async (rotations) => {
    const at = await logOf(30)
    const copy = await tempPlace()
    await cp(at.dir, copy.dir, { recursive: true })
    const { vkey: oldest } = await verifyLedger(at)
    const ledger = await Ledger.open(at)
    for (let i = 0; i < rotations; i += 1) {
      await fill(ledger, 4)
      await ledger.rotateKey({ actor: { kind: 'operator', name: 'root' } })
    }
    const { vkey: newest } = ledger.head()
    await ledger.close()
    await rm(at.dir, { recursive: true })
    await cp(copy.dir, at.dir, { recursive: true })
    expect((await verifyLedger(at)).ok).toBe(false)
    const mended = await repaired(at)
    expect((await mended.ledger.read(30)).facts).toMatchObject({ old_vkey: oldest, rotated_at: 34 })
    const gap = await mended.ledger.read(mended.gaps[0] as number)
    expect(gap.facts).toMatchObject({ lost: 'history', found_size: 30, acknowledged_size: 30 + 5 * rotations })
    await fill(mended.ledger, 2)
    await mended.ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
    for (const vkey of [oldest, newest]) expect((await verifyLedger({ dir: at.dir, vkey })).findings).toEqual([])
    await (await Ledger.open(at)).close()
  })

  test('a journal lost together with the rotation in it goes on likewise, also where a repair was interrupted', async () => {
    const at = await logOf(30)
    const ledger = await Ledger.open(at)
    for (let i = 0; i < 3; i += 1) await fill(ledger, 2)
    await ledger.rotateKey({ actor: { kind: 'operator', name: 'root' } })
    await ledger.close()
    const path = join(at.dir, 'journal/0000000000000000.seg')
    const bytes = await readFile(path)
    // From the last frame before the rotation on nothing can be read; the key list names both keys.
    await flip(path, readSegment(bytes, '0000000000000000.seg', true).frames.at(-2)?.start as number)
    const mended = await repaired(at)
    expect((await mended.ledger.read(34)).type).toBe('key_rotated')
    await mended.ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('a copy whose key leads nowhere is not gone on from', async () => {
    const at = await logOf(30)
    const other = await logOf(20)
    await rm(at.dir, { recursive: true })
    await cp(other.dir, at.dir, { recursive: true })
    const options = { ...at, actor: { kind: 'operator', name: 'root' } as const, reason: 'a test' }
    await expect(repairLedger(options)).rejects.toMatchObject({ code: 'ledger_unavailable' })
  })

  test('a lost entry stands in the way of no pruning', async () => {
    const at = await settledLog()
    await flip(join(at.dir, 'tile/entries/000'), 500)
    const { ledger } = await repaired(at)
    const before = Date.now() + 1000
    expect((await ledger.prunePayloads({ before, actor: { kind: 'operator', name: 'root' } }))?.entry.type).toBe(
      'payloads_pruned',
    )
    await ledger.close()
    await (await Ledger.open(at)).close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('one altered entry in the journal is bridged by its successor', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    for (let i = 0; i < 20; i += 1) await ledger.append(intent(i))
    await ledger.close()
    const path = join(at.dir, 'journal/0000000000000000.seg')
    const bytes = await readFile(path)
    await flip(path, bytes.indexOf('call_0000000000000007'))
    const mended = await repaired(at)
    expect((await mended.ledger.read(mended.gaps[0] as number)).facts).toMatchObject({
      lost: 'entries',
      first: 7,
      last: 7,
    })
    expect((await mended.ledger.read(19)).index).toBe(19)
    await mended.ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('that was itself interrupted is done again', async () => {
    const at = await settledLog()
    const path = join(at.dir, 'tile/entries/000')
    await flip(path, 5000)
    const journal = join(at.dir, 'journal')
    await cp(journal, `${journal}.before`, { recursive: true })
    await repairLedger({ ...at, ...operator })
    // As if the process had died after the files were mended, before the gap was on record.
    const mended = await readFile(path)
    for (const file of ['high-water', 'history']) await rm(join(at.keyDir, file))
    await rm(journal, { recursive: true })
    await cp(`${journal}.before`, journal, { recursive: true })
    await rm(`${journal}.before`, { recursive: true })
    await rm(join(at.dir, 'checkpoint'))
    expect(await readFile(path)).toEqual(mended)
    const { ledger, gaps } = await repaired(at)
    const facts = await Promise.all(gaps.map(async (gap) => (await ledger.read(gap)).facts?.lost))
    expect(facts).toEqual(['entries', 'history'])
    await ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('a damaged segment header costs nothing', async () => {
    const at = await logOf(20)
    await flip(join(at.dir, 'journal/0000000000000000.seg'), 30)
    const { ledger, gaps } = await repaired(at)
    expect(gaps).toEqual([20])
    await ledger.close()
  })

  test('a destroyed frame ends the log there, and says which head was acknowledged', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    for (let i = 0; i < 20; i += 1) await ledger.append(intent(i))
    const { root } = ledger.head()
    await ledger.close()
    const path = join(at.dir, 'journal/0000000000000000.seg')
    const bytes = await readFile(path)
    const at15 = bytes.indexOf('call_0000000000000015')
    bytes.fill(1, at15 - 100, at15 + 100)
    await writeFile(path, bytes)
    const mended = await repaired(at)
    const gap = mended.gaps[0] as number
    expect(gap).toBeLessThanOrEqual(15)
    expect((await mended.ledger.read(gap)).facts).toMatchObject({
      lost: 'history',
      found_size: gap,
      acknowledged_size: 20,
      acknowledged_root: root,
    })
    await mended.ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('a restored snapshot goes on, with the acknowledged head on record', async () => {
    const at = await logOf(40)
    const snapshot = await tempPlace()
    await cp(at.dir, snapshot.dir, { recursive: true })
    const ledger = await Ledger.open(at)
    await fill(ledger, 20)
    await ledger.close()
    await rm(at.dir, { recursive: true })
    await cp(snapshot.dir, at.dir, { recursive: true })
    const mended = await repaired(at)
    expect((await mended.ledger.read(40)).facts).toMatchObject({
      lost: 'history',
      found_size: 40,
      acknowledged_size: 60,
    })
    await mended.ledger.close()
  })

  test('a missing mark is set again, on record', async () => {
    const at = await logOf(40)
    await rm(join(at.keyDir, 'high-water'))
    const mended = await repaired(at)
    expect((await mended.ledger.read(40)).facts).toMatchObject({ lost: 'history', found_size: 40 })
    await mended.ledger.close()
  })

  test('a lost journal goes on from the bundles', async () => {
    const at = await settledLog()
    await rm(join(at.dir, 'journal'), { recursive: true })
    const mended = await repaired(at)
    expect(mended.ledger.size).toBeGreaterThan(256)
    await mended.ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })
})
