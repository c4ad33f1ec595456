import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Ledger, verifyLedger } from '@castellan/ledger'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  decodeEntryBundle,
  decodePayloadBundle,
  encodeEntryBundle,
  encodePayloadBundle,
} from '../../src/store/bundle.ts'
import { Findings } from '../../src/verify/findings.ts'
import { fill, intent, logOf, type Place, tempFolder, tempPlace } from '../support.ts'

async function copyOf(at: Place): Promise<Place> {
  const folder = await tempFolder()
  await cp(dirname(at.dir), folder, { recursive: true })
  return { ...at, dir: join(folder, 'ledger'), keyDir: join(folder, 'keys') }
}

async function edit(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)))
}

/** Closed cleanly; its journal still holds every entry. */
let log: Place
beforeAll(async () => {
  log = await logOf(1300)
})

describe('a file that the published checkpoint calls for', () => {
  test.each([
    ['tile/0/002', 512],
    ['tile/entries/002', 512],
    ['payload/002', 512],
    ['tile/0/005.p/20', 1280],
    ['tile/1/000.p/5', 0],
    ['tile/entries/005.p/20', 1280],
    ['checkpoint', undefined],
  ])('is missed when %s is gone, though the journal holds its entries', async (file, index) => {
    const at = await copyOf(log)
    await rm(join(at.dir, file))
    const verdict = await verifyLedger(at)
    expect(verdict).toMatchObject({ ok: false, exitCode: 3, entries: 1300 })
    expect(verdict.findings).toHaveLength(1)
    expect(verdict.findings[0]).toMatchObject({ kind: 'missing', file })
    expect(verdict.findings[0]?.index).toBe(index)
    // The journal is whole: opening the ledger makes the file again.
    const ledger = await Ledger.open(at)
    await fill(ledger, 2)
    await ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('may be the full one that took the place of a partial one', async () => {
    const at = await copyOf(log)
    const checkpoint = await readFile(join(at.dir, 'checkpoint'))
    const ledger = await Ledger.open(at)
    await fill(ledger, 300)
    await ledger.publish()
    await writeFile(join(at.dir, 'checkpoint'), checkpoint)
    const { findings } = await verifyLedger({ dir: at.dir })
    expect(findings.filter(({ kind }) => kind === 'missing')).toEqual([])
    await ledger.close()
  })

  test('is not called for before it was published', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    await fill(ledger, 700)
    expect((await verifyLedger(at)).findings).toEqual([])
    // As a crash leaves it: nothing of the background\u2019s work is there yet.
    const crashed = await copyOf(at)
    await ledger.close()
    expect((await verifyLedger(crashed)).findings).toEqual([])
    await rm(join(crashed.dir, 'lock'))
    const recovered = await Ledger.open(crashed)
    await recovered.close()
    expect((await verifyLedger(crashed)).findings).toEqual([])
  })

  test('is there at every moment while a writer publishes', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    let done = false
    const writing = (async () => {
      for (let i = 0; i < 40; i += 1) {
        await fill(ledger, 70)
        await ledger.publish()
      }
      done = true
    })()
    while (!done) expect((await verifyLedger(at)).findings).toEqual([])
    await writing
    await ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })
})

describe('a log without entries', () => {
  test('publishes its empty tree as soon as it is made', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    expect((await readFile(join(at.dir, 'checkpoint'), 'utf8')).split('\n')[1]).toBe('0')
    expect((await verifyLedger(at)).findings).toEqual([])
    await ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('that never published does so when it is opened', async () => {
    const at = await logOf(0)
    await rm(join(at.dir, 'checkpoint'))
    expect((await verifyLedger(at)).findings).toEqual([])
    await (await Ledger.open(at)).close()
    expect((await readFile(join(at.dir, 'checkpoint'), 'utf8')).split('\n')[1]).toBe('0')
  })

  test('whose making was cut short after the checkpoint is made whole', async () => {
    const at = await logOf(0)
    await rm(join(at.dir, 'journal'), { recursive: true })
    await mkdir(join(at.dir, 'journal'))
    await (await Ledger.open(at)).close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })

  test('is not made anew where a longer one was published', async () => {
    const at = await logOf(3)
    await rm(join(at.dir, 'journal'), { recursive: true })
    await rm(join(at.dir, 'tile'), { recursive: true })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged' })
  })
})

describe('a blanked payload record', () => {
  const blank = (bytes: Buffer) => encodePayloadBundle(decodePayloadBundle(bytes, 256, 256).with(44, Buffer.alloc(0)))

  test('that no entry accounts for is found, though the journal holds the payload', async () => {
    const at = await copyOf(log)
    await edit(join(at.dir, 'payload/001'), blank)
    expect(await verifyLedger(at)).toMatchObject({
      exitCode: 1,
      findings: [{ kind: 'altered', subject: 'payload', index: 300, file: 'payload/001' }],
    })
  })

  test('of an erasure that a crash cut short is none', async () => {
    const at = await copyOf(log)
    const before = await copyOf(log)
    const ledger = await Ledger.open(at)
    await ledger.erase({ index: 300, reason: 'a test', actor: { kind: 'operator', name: 'root' } })
    await ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
    // The bundle as it was, and blanked, under a journal that has the erasure on record.
    for (const bytes of [
      await readFile(join(before.dir, 'payload/001')),
      await readFile(join(at.dir, 'payload/001')),
    ]) {
      await writeFile(join(at.dir, 'payload/001'), bytes)
      expect((await verifyLedger(at)).findings).toEqual([])
    }
  })

  test('is none while a payload is erased beside the check', async () => {
    const at = await copyOf(log)
    const ledger = await Ledger.open(at)
    let done = false
    const erasing = (async () => {
      for (let index = 0; index < 60; index += 2)
        await ledger.erase({ index, reason: 'a test', actor: { kind: 'operator', name: 'root' } })
      done = true
    })()
    while (!done) {
      const { findings } = await verifyLedger(at)
      expect(findings).toEqual([])
    }
    await erasing
    await ledger.close()
    expect((await verifyLedger(at)).findings).toEqual([])
  })
})

describe('the first entry concerned is named', () => {
  let settled: Place
  beforeAll(async () => {
    settled = await tempPlace()
    const ledger = await Ledger.open(settled)
    for (let i = 0; i < 5; i += 1) {
      await fill(ledger, 160)
      await ledger.append(intent(9000 + i), { args: 'z'.repeat(1_000_000) })
    }
    await ledger.close()
    expect((await readdir(join(settled.dir, 'journal'))).sort()[0]).not.toBe('0000000000000000.seg')
  })

  test.each([
    ['deleted from', (leaves: Buffer[]) => leaves.toSpliced(44, 1)],
    ['put into', (leaves: Buffer[]) => leaves.toSpliced(44, 0, leaves[3] as Buffer)],
    ['doubled in', (leaves: Buffer[]) => leaves.toSpliced(44, 0, leaves[43] as Buffer)],
  ])('where an entry was %s a bundle', async (_, change) => {
    for (const whole of [log, settled]) {
      const at = await copyOf(whole)
      await edit(join(at.dir, 'tile/entries/001'), (bytes) =>
        encodeEntryBundle(change(decodeEntryBundle(bytes, 256, 256))),
      )
      const verdict = await verifyLedger(at)
      expect(verdict.exitCode).toBe(1)
      expect(verdict.findings[0]).toMatchObject({ kind: 'altered', subject: 'entry', index: 300 })
    }
  })

  test('where the last entry of a bundle is gone or one was put after it', async () => {
    const change = [(leaves: Buffer[]) => leaves.slice(0, -1), (leaves: Buffer[]) => [...leaves, leaves[0] as Buffer]]
    for (const whole of [log, settled]) {
      for (const one of change) {
        const at = await copyOf(whole)
        await edit(join(at.dir, 'tile/entries/001'), (bytes) =>
          encodeEntryBundle(one(decodeEntryBundle(bytes, 256, 256))),
        )
        expect((await verifyLedger(at)).findings[0]).toMatchObject({ kind: 'altered', subject: 'entry', index: 511 })
      }
    }
  })

  test('where a payload was deleted from a bundle', async () => {
    for (const whole of [log, settled]) {
      const at = await copyOf(whole)
      await edit(join(at.dir, 'payload/001'), (bytes) =>
        encodePayloadBundle(decodePayloadBundle(bytes, 256, 256).toSpliced(44, 1)),
      )
      expect((await verifyLedger(at)).findings[0]).toMatchObject({ kind: 'altered', subject: 'payload', index: 300 })
    }
  })
})

describe('a verdict with findings', () => {
  test('never ends with 0: a damaged mark is one that is missing', async () => {
    const at = await copyOf(log)
    await writeFile(join(at.keyDir, 'high-water'), 'x')
    expect(await verifyLedger(at)).toMatchObject({
      ok: false,
      exitCode: 9,
      entries: 1300,
      findings: [{ kind: 'mark_missing', subject: 'mark' }],
    })
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged', detail: { kind: 'mark_missing' } })
  })

  test('has the code of a kind that was found after many others', () => {
    const findings = new Findings()
    for (let index = 0; index < 200; index += 1) findings.add({ kind: 'clock', index, message: 'x' })
    findings.add({ kind: 'altered', message: 'x' })
    expect(findings.exitCode).toBe(1)
    expect(findings.has('altered')).toBe(true)
  })
})
