import { cp, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exportLedger, importLedger, Ledger, verifyExport, verifyLedger } from '@castellan/ledger'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fill, logOf, type Place, tempPlace } from '../support.ts'

const actor = { kind: 'operator', name: 'root' } as const

async function linesOf(at: Place): Promise<string[]> {
  const lines: string[] = []
  for await (const line of exportLedger(at.dir)) lines.push(line.trimEnd())
  return lines
}

async function* stream(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

/** A new place that holds the keys of another and nothing else. */
async function keysOf(at: Place): Promise<Place> {
  const place = await tempPlace()
  await mkdir(dirname(place.keyDir), { recursive: true })
  await mkdir(place.keyDir, { mode: 0o700 })
  for (const key of ['signing.key', 'payload.key']) await cp(join(at.keyDir, key), join(place.keyDir, key))
  return place
}

describe('an export', () => {
  test('verifies elsewhere with the log\u2019s key', async () => {
    const at = await logOf(300)
    const ledger = await Ledger.open(at)
    const { vkey } = ledger.head()
    await ledger.close()
    expect(await verifyExport(stream(await linesOf(at)), { vkey })).toMatchObject({ ok: true, entries: 300 })
    const other = await logOf(3)
    expect(await verifyExport(stream(await linesOf(other)), { vkey })).toMatchObject({ exitCode: 4 })
  })

  test('with any line changed, dropped, doubled or moved does not verify', async () => {
    const lines = await linesOf(await logOf(30))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('drop', 'double', 'swap', 'edit', 'cut'),
        fc.integer({ min: 1, max: 29 }),
        fc.nat(),
        async (how, at, seed) => {
          const line = lines[at] as string
          const place = 10 + (seed % (line.length - 12))
          const changed =
            how === 'drop'
              ? lines.toSpliced(at, 1)
              : how === 'double'
                ? lines.toSpliced(at, 0, line)
                : how === 'swap'
                  ? lines.with(at, lines[at + 1] as string).with(at + 1, line)
                  : how === 'cut'
                    ? lines.slice(0, at + 1)
                    : lines.with(
                        at,
                        `${line.slice(0, place)}${line[place] === '0' ? '1' : '0'}${line.slice(place + 1)}`,
                      )
          expect((await verifyExport(stream(changed))).ok, `${how} ${at} ${place}`).toBe(false)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('importing', () => {
  test.each([0, 5, 256, 700])(
    'moves a log of %i entries to another host, payloads and open intents included',
    async (count) => {
      const at = await logOf(count)
      const place = await keysOf(at)
      await importLedger({ ...place, lines: stream(await linesOf(at)), actor })
      const ledger = await Ledger.open(place)
      const original = await Ledger.open(at)
      expect(ledger.size).toBe(count + 1)
      expect((await ledger.read(count)).type).toBe('imported')
      expect(await ledger.openIntents()).toEqual(await original.openIntents())
      for (const index of [0, 255, 256, 699].filter((index) => index < count))
        expect(await ledger.record(index)).toEqual(await original.record(index))
      await original.close()
      await fill(ledger, 300)
      await ledger.close()
      expect((await verifyLedger(place)).findings).toEqual([])
    },
  )

  test('is refused without the log\u2019s keys, into a folder in use, and from a damaged export', async () => {
    const at = await logOf(20)
    const lines = await linesOf(at)
    await expect(importLedger({ ...(await tempPlace()), lines: stream(lines), actor })).rejects.toMatchObject({
      code: 'ledger_unavailable',
    })
    await expect(importLedger({ ...at, lines: stream(lines), actor })).rejects.toMatchObject({ code: 'conflict' })
    const place = await keysOf(at)
    await expect(importLedger({ ...place, lines: stream(lines.toSpliced(4, 1)), actor })).rejects.toMatchObject({
      code: 'ledger_damaged',
    })
    await rm(place.dir, { recursive: true })
    await importLedger({ ...place, lines: stream(lines), actor })
  })
})
