import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ledger, verifyLedger } from '@castellan/ledger'
import { describe, expect, test } from 'vitest'
import { encodeLeaf } from '../src/entry/leaf.ts'
import { leafHash } from '../src/merkle/hash.ts'
import { fill, logOf, type Place, tempPlace } from './support.ts'

const writer = fileURLToPath(new URL('./crash-writer.ts', import.meta.url))

/** Starts a writer, kills it with SIGKILL once it has acknowledged `enough` entries, returns what it acknowledged. */
async function killedWriter(at: Place, enough: number): Promise<Map<number, string>> {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=source', writer, at.dir, at.keyDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  const closed = once(child, 'close')
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk
    if (output.length > enough * 70) child.kill('SIGKILL')
  })
  await closed
  const lines = output.split('\n').slice(0, -1)
  return new Map(
    lines.filter((line) => line !== 'ready').map((line) => [Number(line.split(' ')[0]), line.split(' ')[1] as string]),
  )
}

describe('a writer killed in the middle of its work', () => {
  test('loses no acknowledged entry, ten times over', async () => {
    const at = await tempPlace()
    const acknowledged = new Map<number, string>()
    for (let round = 0; round < 10; round += 1) {
      for (const [index, hash] of await killedWriter(at, 60 + round * 40)) acknowledged.set(index, hash)
      expect(await verifyLedger(at)).toMatchObject({ findings: [] })
    }
    const ledger = await Ledger.open({ ...at, origin: undefined as never })
    for (const [index, hash] of acknowledged)
      expect(leafHash(encodeLeaf(await ledger.read(index))).toString('hex')).toBe(hash)
    expect(acknowledged.size).toBeGreaterThan(1000)
    for (const { index } of await ledger.openIntents()) {
      await ledger.append({ type: 'interrupted', actor: { kind: 'system', name: 'agentd' }, intent: index })
    }
    await ledger.close()
    expect(await verifyLedger(at)).toMatchObject({ ok: true, openIntents: 0 })
  })
})

describe('a write that a power cut left unfinished', () => {
  /** Where the last frame of a log's journal begins and ends. */
  async function lastFrame(at: Place): Promise<{ path: string; bytes: Buffer; start: number; end: number }> {
    const name = (await readdir(join(at.dir, 'journal'))).sort().at(-1) as string
    const path = join(at.dir, 'journal', name)
    const bytes = await readFile(path)
    let end = bytes.length
    while (end > 0 && bytes[end - 1] === 0) end -= 1
    return { path, bytes, start: bytes.lastIndexOf('CLF1', end), end: Math.ceil(end / 32) * 32 }
  }

  /** A log whose last batch of `count` was written but, as far as the mark knows, never acknowledged. */
  async function unacknowledged(count: number): Promise<Place> {
    const at = await logOf(20)
    const remembered = [join(at.keyDir, 'high-water'), join(at.keyDir, 'history'), join(at.dir, 'checkpoint')]
    const before = await Promise.all(remembered.map((path) => readFile(path)))
    const ledger = await Ledger.open(at)
    await fill(ledger, count)
    await ledger.close()
    for (const [i, path] of remembered.entries()) await writeFile(path, before[i] as Buffer)
    return at
  }

  test('is left out at the next start, whichever sectors arrived', async () => {
    for (const keep of [0, 1, 2, 3, 5]) {
      const at = await unacknowledged(10)
      const { path, bytes, start, end } = await lastFrame(at)
      const sectors = Math.ceil(end / 512) - Math.floor(start / 512)
      const torn = Buffer.from(bytes)
      // All but one sector of the frame arrived.
      const from = Math.max(start, (Math.floor(start / 512) + (keep % sectors)) * 512)
      torn.fill(0, from, Math.min(end, (Math.floor(from / 512) + 1) * 512))
      await writeFile(path, torn)
      const ledger = await Ledger.open(at)
      expect(ledger.size).toBe(20)
      await fill(ledger, 4)
      await ledger.close()
      expect(await verifyLedger(at)).toMatchObject({ findings: [], entries: 24 })
    }
  })

  test('that was acknowledged is damage, never cut', async () => {
    const at = await logOf(20)
    const { path, bytes, start, end } = await lastFrame(at)
    bytes.fill(0, start + 64, end)
    await writeFile(path, bytes)
    expect((await verifyLedger(at)).exitCode).toBe(1)
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged' })
  })

  test('with one changed byte is damage even where the mark does not cover it', async () => {
    const at = await unacknowledged(10)
    const { path, bytes, start } = await lastFrame(at)
    bytes[start + 100] = (bytes[start + 100] as number) ^ 4
    await writeFile(path, bytes)
    await expect(Ledger.open(at)).rejects.toMatchObject({ code: 'ledger_damaged' })
  })
})
