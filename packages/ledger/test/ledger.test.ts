import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ledger } from '@castellan/ledger'
import { describe, expect, test } from 'vitest'
import { encodeLeaf } from '../src/entry/leaf.ts'
import { leafHash } from '../src/merkle/hash.ts'
import { verifyConsistency, verifyInclusion } from '../src/merkle/proof.ts'
import { parseCheckpoint } from '../src/note/checkpoint.ts'
import { fill, intent, logOf, outcome, tempPlace } from './support.ts'

describe('appending', () => {
  test('gives each entry the next index, in the order of the calls', async () => {
    const ledger = await Ledger.open(await tempPlace())
    const appended = await Promise.all(Array.from({ length: 600 }, (_, i) => ledger.append(intent(i), { args: { i } })))
    expect(appended.map(({ index }) => index)).toEqual(Array.from({ length: 600 }, (_, i) => i))
    expect((await ledger.read(599)).call_id).toBe('call_0000000000000599')
    await ledger.close()
  })

  test('chains every entry to the one before it', async () => {
    const at = await logOf(300)
    const ledger = await Ledger.open(at)
    for (let i = 1; i < 300; i += 1) {
      expect((await ledger.read(i)).prev).toBe(leafHash(encodeLeaf(await ledger.read(i - 1))).toString('hex'))
    }
    await ledger.close()
  })

  test('keeps payloads out of the log in the clear and gives them back', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    const { index, entry } = await ledger.append(intent(), { args: { password: 'correct horse' }, reason: undefined })
    expect(await ledger.payload(index)).toEqual({ args: { password: 'correct horse' } })
    expect(Object.keys(entry.commitments ?? {})).toEqual(['args'])
    await ledger.close()
    for (const file of ['journal/0000000000000000.seg', 'tile/entries/000.p/1']) {
      expect((await readFile(join(at.dir, file))).includes('correct horse')).toBe(false)
    }
  })

  test('answers outcomes of unknown or closed intents with conflict, and goes on', async () => {
    const ledger = await Ledger.open(await tempPlace())
    await ledger.append(intent())
    const answers = await Promise.allSettled([
      ledger.append(outcome(7)),
      ledger.append(outcome(0)),
      ledger.append(outcome(0)),
      ledger.append(intent(1)),
    ])
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.index : answer.reason.code))).toEqual([
      'conflict',
      1,
      'conflict',
      2,
    ])
    await ledger.close()
  })

  test('refuses drafts that are no entries, and payloads that are too large', async () => {
    const ledger = await Ledger.open(await tempPlace())
    await expect(ledger.append({ ...intent(), secret: 1 } as never)).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(ledger.append({ ...intent(), type: 'outcome' })).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(ledger.append(intent(), { args: 'x'.repeat(9_000_000) })).rejects.toMatchObject({ code: 'too_large' })
    await expect(ledger.append(intent(), { 'not a name': 1 })).rejects.toMatchObject({ code: 'invalid_request' })
    expect(ledger.size).toBe(0)
    await ledger.close()
  })

  test('takes a payload that is larger than a journal segment', async () => {
    const ledger = await Ledger.open(await tempPlace())
    const args = 'y'.repeat(7_000_000)
    await ledger.append(intent(0), { args: 'small' })
    const { index } = await ledger.append(intent(1), { args })
    await ledger.append(intent(2))
    expect((await ledger.payload(index))?.args).toBe(args)
    await ledger.close()
  })

  test('is refused after close', async () => {
    const ledger = await Ledger.open(await tempPlace())
    await ledger.close()
    await ledger.close()
    await expect(ledger.append(intent())).rejects.toMatchObject({ code: 'shutting_down' })
  })
})

describe('the clock', () => {
  test('may step back a little; entries never do', async () => {
    let now = 1_800_000_000_000
    const ledger = await Ledger.open({ ...(await tempPlace()), clock: () => now })
    await ledger.append(intent(0))
    now -= 3000
    const { entry } = await ledger.append(intent(1))
    expect(entry.time).toBe(1_800_000_000_000)
    await ledger.close()
  })

  test('that jumps back refuses entries until an operator records it', async () => {
    let now = 1_800_000_000_000
    const ledger = await Ledger.open({ ...(await tempPlace()), clock: () => now })
    await ledger.append(intent(0))
    now -= 60_000
    await expect(ledger.append(intent(1))).rejects.toMatchObject({ code: 'clock_jumped' })
    await ledger.append({ type: 'clock_set', actor: { kind: 'operator', name: 'root' } })
    expect((await ledger.append(intent(2))).entry.time).toBe(now)
    await ledger.close()
  })
})

describe('opening again', () => {
  test.each([0, 1, 255, 256, 257, 600, 1500])('continues a log of %i entries', async (count) => {
    const at = await logOf(count)
    const first = await Ledger.open(at)
    expect(first.size).toBe(count)
    const before = first.head()
    await fill(first, 3)
    await first.close()
    const second = await Ledger.open(at)
    expect(second.size).toBe(count + 3)
    const proof = await second.proveConsistency(count)
    expect(
      verifyConsistency(
        count,
        Buffer.from(before.root, 'hex'),
        count + 3,
        Buffer.from(second.head().root, 'hex'),
        proof,
      ),
    ).toBe(true)
    await second.close()
  })

  test('knows which intents are open', async () => {
    const at = await logOf(1001)
    const ledger = await Ledger.open(at)
    expect((await ledger.openIntents()).map(({ index }) => index)).toEqual([1000])
    await ledger.append({ type: 'interrupted', actor: { kind: 'system', name: 'agentd' }, intent: 1000 })
    expect(await ledger.openIntents()).toEqual([])
    await ledger.close()
  })

  test('is refused while another process has it, not after that process died', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'state_locked' })
    await ledger.close()
    await writeFile(join(at.dir, 'lock'), '4194304 12345\n')
    await (await Ledger.open(at)).close()
  })

  test('is refused without the signing key', async () => {
    const at = await logOf(3)
    await writeFile(join(at.keyDir, 'signing.key'), `${Buffer.alloc(32).toString('base64')}\n`)
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_unavailable' })
  })

  test('keeps keys to the owner and leaves the log readable below its folder', async () => {
    const at = await logOf(300)
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
    expect(await mode(join(at.keyDir, 'signing.key'))).toBe('600')
    expect(await mode(join(at.keyDir, 'payload.key'))).toBe('600')
    expect(await mode(join(at.keyDir, 'high-water'))).toBe('600')
    expect(await mode(join(at.dir, 'payload/000'))).toBe('600')
    expect(await mode(join(at.dir, 'tile/entries/000'))).toBe('644')
  })
})

describe('proofs from a log', () => {
  test('hold for every entry against the signed checkpoint', async () => {
    const at = await logOf(520)
    const ledger = await Ledger.open(at)
    await fill(ledger, 7)
    const { root, size } = parseCheckpoint(ledger.head().checkpoint)
    for (let index = 0; index < ledger.size; index += 1) {
      const { hashes } = await ledger.prove(index)
      expect(verifyInclusion(leafHash(encodeLeaf(await ledger.read(index))), index, size, hashes, root)).toBe(true)
    }
    await ledger.close()
  })
})

describe('queries', () => {
  test('find entries by each field, newest first, page by page', async () => {
    const ledger = await Ledger.open(await logOf(40))
    await ledger.append(intent(0, { tool: 'file_write' as never, actor: { kind: 'operator', name: 'root' } }), {
      summary: 'Wrote the shopping list',
    })
    expect((await ledger.query({ tool: 'file_write' })).entries.map(({ index }) => index)).toEqual([40])
    expect((await ledger.query({ actor: 'root' })).entries).toHaveLength(1)
    expect((await ledger.query({ type: 'outcome', ok: true, limit: 2 })).entries.map(({ index }) => index)).toEqual([
      39, 37,
    ])
    expect((await ledger.query({ text: 'shopp' })).entries.map(({ index }) => index)).toEqual([40])
    expect((await ledger.query({ text: '"; DROP TABLE entries --' })).entries).toEqual([])
    const page = await ledger.query({ limit: 10, before: 20 })
    expect(page.entries.map(({ index }) => index)).toEqual([19, 18, 17, 16, 15, 14, 13, 12, 11, 10])
    expect(page.next).toBe(10)
    await ledger.close()
  })

  test('leave out what nobody who was away would want to see', async () => {
    const ledger = await Ledger.open(await logOf(400))
    const change = { tool: 'file_write' as never, effect: 'change' as const }
    await ledger.append(intent(0, change))
    await ledger.append(outcome(400, { ...change, effect: 'change' }))
    await ledger.append({ type: 'incident_opened', actor: { kind: 'system', name: 'agentd' } })
    for (const index of [0, 1]) await ledger.append(intent(index))
    await ledger.append(outcome(403, { effect: 'read' }))
    const notable = await ledger.query({ notable: true, limit: 2 })
    expect(notable.entries.map(({ index }) => index)).toEqual([402, 401])
    expect((await ledger.query({ notable: false, limit: 2 })).entries.map(({ index }) => index)).toEqual([405, 404])
    await ledger.close()
  })

  test('survive the loss or corruption of the index', async () => {
    const at = await logOf(40)
    let ledger = await Ledger.open(at)
    await ledger.query({})
    await ledger.close()
    await writeFile(join(at.keyDir, 'index.sqlite'), 'not a database')
    ledger = await Ledger.open(at)
    expect((await ledger.query({ text: 'call 6' })).entries.map(({ index }) => index)).toEqual([6])
    await ledger.close()
  })
})
