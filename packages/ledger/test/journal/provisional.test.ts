import { randomBytes } from 'node:crypto'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exportLedger, Ledger, repairLedger, verifyExport, verifyLedger } from '@castellan/ledger'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame } from '../../src/journal/frame.ts'
import { finishCheckpoint, looksProvisional, provisionalCheckpoint } from '../../src/journal/provisional.ts'
import { readSegment } from '../../src/journal/reader.ts'
import { decodeBase64 } from '../../src/note/base64.ts'
import { parseCheckpoint, signCheckpoint, type TreeHead } from '../../src/note/checkpoint.ts'
import { makeSigner, type Signer } from '../../src/note/keys.ts'
import { forge, ORIGIN } from '../forge.ts'
import { fill, logOf, type Place, tempFolder, tempPlace } from '../support.ts'

const signer = makeSigner(ORIGIN, randomBytes(32))
const head = (size: number): TreeHead => ({ origin: ORIGIN, size, root: randomBytes(32) })

async function signerOf(at: Place): Promise<Signer> {
  return makeSigner(ORIGIN, decodeBase64((await readFile(join(at.keyDir, 'signing.key'), 'utf8')).trim()) as Buffer)
}

/** The log as a power cut leaves it that took the last signatures back: `by` made the frames. */
async function unsign(at: Place, count: number, by: Signer): Promise<void> {
  const path = join(at.dir, 'journal', '0000000000000000.seg')
  const bytes = await readFile(path)
  const { frames } = readSegment(bytes, '0000000000000000.seg', true)
  for (const { checkpoint } of frames.slice(-count))
    checkpoint.set(Buffer.from(provisionalCheckpoint(parseCheckpoint(checkpoint), by)))
  await writeFile(path, bytes)
}

/** Killed after its last append: nothing of the background's work was done since `published` entries. */
async function crashedLog(published: number, later: number): Promise<Place> {
  const at = await logOf(published)
  const ledger = await Ledger.open(at)
  for (let i = 0; i < later; i += 2) await fill(ledger, 2)
  const folder = await tempFolder()
  await cp(dirname(at.dir), folder, { recursive: true })
  await ledger.close()
  const copy = { ...at, dir: join(folder, 'ledger'), keyDir: join(folder, 'keys') }
  await rm(join(copy.dir, 'lock'))
  return copy
}

describe('a checkpoint that waits for its signature', () => {
  test('is as long as the signed one, and becomes it', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.nat(600), (size, at) => {
        const of = head(size)
        const waiting = Buffer.from(provisionalCheckpoint(of, signer))
        const signed = Buffer.from(signCheckpoint(of, signer))
        expect(waiting.length).toBe(signed.length)
        expect(looksProvisional(waiting)).toBe(true)
        expect(looksProvisional(signed)).toBe(false)
        expect(finishCheckpoint(waiting, at, signer)).toEqual(signed)
        expect(finishCheckpoint(signed, at, signer) ?? signed).toEqual(signed)
      }),
    )
  })

  test('is known again where only some sectors took the signature', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.nat(511), fc.boolean(), (size, at, newFirst) => {
        const of = head(size)
        const waiting = Buffer.from(provisionalCheckpoint(of, signer))
        const signed = Buffer.from(signCheckpoint(of, signer))
        const split = 512 - at
        const [before, after] = newFirst ? [signed, waiting] : [waiting, signed]
        const mixed = Buffer.concat([before.subarray(0, split), after.subarray(split)])
        if (!mixed.equals(signed)) expect(finishCheckpoint(mixed, at, signer)).toEqual(signed)
      }),
    )
  })

  test('is nobody else\u2019s, and not of another tree', () => {
    const of = head(7)
    const waiting = Buffer.from(provisionalCheckpoint(of, signer))
    expect(finishCheckpoint(waiting, 0, makeSigner(ORIGIN, randomBytes(32)))).toBeNull()
    for (let i = 0; i < waiting.length; i += 1) {
      const changed = Buffer.from(waiting)
      changed[i] = (changed[i] as number) ^ 1
      expect(finishCheckpoint(changed, 0, signer)).toBeNull()
    }
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        (bytes) => finishCheckpoint(Buffer.from(bytes), 0, signer) === null,
      ),
    )
  })
})

describe('a power cut that took signatures back', () => {
  test.each([1, 3, 10])('from the last %i writes costs nothing', async (count) => {
    const at = await crashedLog(10, 20)
    await unsign(at, count, await signerOf(at))
    expect(await verifyLedger(at)).toMatchObject({ findings: [], entries: 30 })
    const ledger = await Ledger.open(at)
    expect(ledger.size).toBe(30)
    await fill(ledger, 2)
    await ledger.close()
    const { vkey } = await verifyLedger(at)
    expect(await verifyLedger({ dir: at.dir, vkey })).toMatchObject({ findings: [], entries: 32 })
    expect(await verifyExport(exportLedger(at.dir), { vkey })).toMatchObject({ findings: [], entries: 32 })
  })

  test('leaves those without the key folder what is signed, and they are told', async () => {
    const at = await crashedLog(10, 20)
    await unsign(at, 3, await signerOf(at))
    const { vkey } = await verifyLedger(at)
    const verdict = await verifyLedger({ dir: at.dir, vkey })
    expect(verdict).toMatchObject({ findings: [], entries: 24 })
    expect(verdict.notes.join()).toMatch(/from 24 on are not signed yet/)
    expect(await verifyExport(exportLedger(at.dir), { vkey })).toMatchObject({ findings: [], entries: 24 })
  })

  test('is survived by a repair', async () => {
    const at = await crashedLog(10, 20)
    await unsign(at, 2, await signerOf(at))
    await rm(join(at.keyDir, 'high-water'))
    const { after } = await repairLedger({
      ...at,
      actor: { kind: 'operator', name: 'root' },
      reason: 'the mark is gone',
    })
    expect(after).toMatchObject({ findings: [], entries: 31 })
  })
})

describe('whoever has no key', () => {
  const stranger = makeSigner(ORIGIN, randomBytes(32))

  test('cannot add a frame that seems to wait for its signature', async () => {
    const at = await logOf(30)
    await forge(at, stranger, 5)
    const own = await signerOf(at)
    // The form is right, the name and key id are the log's; the MAC cannot be.
    await unsign(at, 1, { ...stranger, verifier: own.verifier })
    expect(await verifyLedger(at)).toMatchObject({ exitCode: 1, entries: 30 })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged' })
    const { vkey } = own.verifier
    expect(await verifyLedger({ dir: at.dir, vkey })).toMatchObject({ entries: 30 })
  })

  test('cannot hide a rewritten log behind a write that seems unfinished', async () => {
    const at = await logOf(30)
    const other = await logOf(40)
    const { vkey: trusted } = await verifyLedger(at)
    const { vkey: own } = await verifyLedger(other)
    await writeFile(join(other.dir, 'vkeys'), `${own}\n${trusted}\n`)
    await leaveUnfinished(other)
    expect((await verifyLedger({ dir: other.dir, vkey: trusted })).exitCode).toBe(4)
    expect((await verifyLedger({ dir: other.dir, keyDir: at.keyDir })).ok).toBe(false)
  })
})

test('a fork by the key\u2019s holder is no less one behind a write that seems unfinished', async () => {
  const at = await logOf(40)
  const forged = await tempPlace()
  await cp(at.keyDir, forged.keyDir, { recursive: true })
  await rm(join(forged.keyDir, 'high-water'))
  await rm(join(forged.keyDir, 'history'))
  await cp(join(at.dir, 'vkeys'), join(forged.dir, 'vkeys'))
  await logOf(60, forged)
  await leaveUnfinished(forged)
  expect(await verifyLedger({ dir: forged.dir, keyDir: at.keyDir })).toMatchObject({ exitCode: 8 })
})

/** The beginning of a frame behind the last one, as a power cut in mid-write leaves it. */
async function leaveUnfinished(at: Place): Promise<void> {
  const path = join(at.dir, 'journal', '0000000000000000.seg')
  const bytes = await readFile(path)
  const { end, frames } = readSegment(bytes, '0000000000000000.seg', true)
  const next = frames.reduce((sum, { entries }) => sum + entries.length, 0)
  const frame = encodeFrame(next, [{ leaf: Buffer.alloc(4000, 1), payload: Buffer.alloc(0) }], 'x')
  frame.subarray(0, 512).copy(bytes, end)
  await writeFile(path, bytes)
}
