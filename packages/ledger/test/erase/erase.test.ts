import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CallId, ToolName } from '@castellan/contracts'
import { Ledger, verifyLedger } from '@castellan/ledger'
import { describe, expect, test } from 'vitest'
import { decodePayloadBundle } from '../../src/store/bundle.ts'
import { fill, intent, logOf, outcome, tempPlace } from '../support.ts'

const actor = { kind: 'operator', name: 'root' } as const

describe('erasing a payload', () => {
  test.each([
    ['in a full bundle', 100],
    ['still in the journal', 598],
  ])('%s destroys it, keeps the entry, and the log still verifies', async (_, index) => {
    const at = await logOf(600)
    const ledger = await Ledger.open(at)
    const entry = await ledger.read(index)
    const erased = await ledger.erase({ index, reason: 'held a password', actor })
    expect(erased.entry).toMatchObject({ type: 'payload_erased', target: index, actor })
    await expect(ledger.payload(index)).rejects.toMatchObject({ code: 'payload_erased' })
    expect(await ledger.read(index)).toEqual(entry)
    expect((await ledger.record(index)).payload_state).toBe('erased')
    expect(await ledger.payload(index + 1)).toEqual({ result: { bytes: (index + 1) * 1000 } })
    await expect(ledger.erase({ index, reason: 'again', actor })).rejects.toMatchObject({ code: 'payload_erased' })
    await fill(ledger, 10)
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [], erasedPayloads: 1 })
    const again = await Ledger.open(at)
    await expect(again.payload(index)).rejects.toMatchObject({ code: 'payload_erased' })
    await again.close()
  })

  test('takes its summary out of the index', async () => {
    const at = await logOf(20)
    const ledger = await Ledger.open(at)
    expect((await ledger.query({ text: 'call 6' })).entries).toHaveLength(1)
    await ledger.erase({ index: 6, reason: 'private', actor })
    expect((await ledger.query({ text: 'call 6' })).entries).toHaveLength(0)
    await ledger.close()
  })

  test('that a crash interrupted is finished at the next start', async () => {
    const at = await logOf(300)
    const ledger = await Ledger.open(at)
    await ledger.append({ type: 'payload_erased', actor, target: 4 })
    await ledger.close()
    await writeFile(join(at.keyDir, 'erasing'), `${JSON.stringify({ from: 300, first: 4, last: 4 })}\n`)
    const again = await Ledger.open(at)
    await expect(again.payload(4)).rejects.toMatchObject({ code: 'payload_erased' })
    await again.close()
    expect(await readdir(at.keyDir)).not.toContain('erasing')
  })

  test('that never came to be on record is not done', async () => {
    const at = await logOf(300)
    await writeFile(join(at.keyDir, 'erasing'), `${JSON.stringify({ from: 300, first: 4, last: 4 })}\n`)
    const ledger = await Ledger.open(at)
    expect(await ledger.payload(4)).not.toBeNull()
    await ledger.close()
  })

  test('leaves no trace of the record below the log folder', async () => {
    const at = await logOf(300)
    const record = decodePayloadBundle(await readFile(join(at.dir, 'payload/000')), 0, 256)[8] as Buffer
    const ledger = await Ledger.open(at)
    await ledger.erase({ index: 8, reason: 'private', actor })
    await ledger.close()
    const folder = dirname(at.dir)
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile())
        expect((await readFile(join(entry.parentPath, entry.name))).includes(record), entry.name).toBe(false)
    }
  })
})

describe('erasing a whole call', () => {
  const call = { call_id: 'call_00000000000000ab' as CallId, tool: 'files_write' as ToolName }

  async function callIn(ledger: Ledger): Promise<number[]> {
    const asked = await ledger.append({ type: 'approval_requested', actor, ...call }, { args: 'secret' })
    const begun = await ledger.append(intent(0, call), { args: 'secret' })
    await ledger.append(intent(1), { args: 'another' })
    const ended = await ledger.append(outcome(begun.index, { tool: call.tool }), { result: 'secret' })
    const told = await ledger.append({ type: 'grant_spent', actor, ...call })
    return [asked.index, begun.index, ended.index, told.index]
  }

  test('destroys what was asked, the intent and the outcome, whichever of them is named', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    await fill(ledger, 3)
    const [asked, begun, ended] = (await callIn(ledger)) as [number, number, number]
    expect((await ledger.payloadsOfCall(begun)).map(({ index }) => index)).toEqual([asked, begun])
    const records = await ledger.eraseCall({ index: asked, reason: 'a test', actor })
    expect(records.map(({ entry }) => entry.target)).toEqual([asked, begun])
    // An outcome that names no call of its own is found by its intent.
    expect(
      (await ledger.eraseCall({ index: ended, reason: 'a test', actor })).map(({ entry }) => entry.target),
    ).toEqual([ended])
    for (const index of [asked, begun, ended])
      await expect(ledger.payload(index)).rejects.toMatchObject({ code: 'payload_erased' })
    expect(await ledger.payload(begun + 1)).toEqual({ args: 'another' })
    await expect(ledger.eraseCall({ index: asked, reason: 'again', actor })).rejects.toMatchObject({
      code: 'payload_erased',
    })
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [], erasedPayloads: 3 })
  })

  test('waits for a call that is under way', async () => {
    const ledger = await Ledger.open(await tempPlace())
    const { index } = await ledger.append(intent(0, call), { args: 'secret' })
    await expect(ledger.eraseCall({ index, reason: 'a test', actor })).rejects.toMatchObject({ code: 'conflict' })
    await ledger.append(outcome(index, { ...call }), { result: 'secret' })
    expect(await ledger.eraseCall({ index, reason: 'a test', actor })).toHaveLength(2)
    await ledger.close()
  })
})

describe('pruning by age', () => {
  test('destroys payloads older than the limit, once, and never entries or open intents', async () => {
    let now = 1_800_000_000_000
    const at = { ...(await tempPlace()), clock: () => now }
    const ledger = await Ledger.open(at)
    await fill(ledger, 300)
    now += 86_400_000
    await fill(ledger, 301)
    const before = now - 1000
    expect((await ledger.prunePayloads({ before, actor }))?.entry.facts).toEqual({ first: 0, last: 299 })
    expect(await ledger.prunePayloads({ before, actor })).toBeNull()
    await expect(ledger.payload(0)).rejects.toMatchObject({ code: 'payload_erased' })
    expect(await ledger.payload(300)).not.toBeNull()
    now += 86_400_000
    expect((await ledger.prunePayloads({ before: now, actor }))?.entry.facts).toEqual({ first: 300, last: 599 })
    expect(await ledger.payload(600)).not.toBeNull()
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ findings: [], erasedPayloads: 600 })
  })
})
