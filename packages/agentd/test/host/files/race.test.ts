import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Machine, openMachine } from '../../support/machine.ts'

/** `CASTELLAN_TEST_RACES=10000` for the full count of each. */
const ROUNDS = Number(process.env.CASTELLAN_TEST_RACES ?? 300)

let machine: Machine
let outside: string
let swapping: { stop(): Promise<number> }

beforeAll(async () => {
  machine = await openMachine()
  outside = join(machine.folder, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'file'), 'outside')
  writeFileSync(join(outside, 'large'), Buffer.alloc(30_000_000, 'outside '))
  mkdirSync(join(machine.workspace, 'real'))
  writeFileSync(join(machine.workspace, 'real/file'), 'inside')
  swapping = await startSwapping()
})
afterAll(async () => {
  const turns = await swapping.stop()
  await machine[Symbol.asyncDispose]()
  expect(turns).toBeGreaterThan(ROUNDS / 10)
})

describe(`while folders and links are swapped all the time, in ${ROUNDS} rounds each`, () => {
  it('searching never shows a byte from outside', { timeout: 300_000 }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const path = round % 2 === 0 ? '.' : 'link'
      const found = await attempt('file_search', { path, contains: 'outside' })
      expect(found?.output.matches ?? []).toEqual([])
    }
  })

  it('adding up never counts what is outside', { timeout: 300_000 }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const usage = await attempt('directory_usage', { path: round % 2 === 0 ? '.' : 'link' })
      expect(usage?.output.sizeBytes ?? 0).toBeLessThan(30_000_000)
    }
  })

  it('a checksum is never that of a file outside', { timeout: 300_000 }, async () => {
    const digests = new Set<unknown>()
    for (let round = 0; round < ROUNDS; round += 1) {
      digests.add(
        (await attempt('file_checksum', { path: round % 2 ? 'link/file' : 'file-link', algorithm: 'md5' }))?.output
          .digest,
      )
    }
    digests.delete(undefined)
    // md5 of "inside": nothing else was ever read.
    expect([...digests]).toEqual(['335cf4508dd597be4bfc9caa3e08b901'])
  })

  it('moving takes nothing from outside and puts nothing there', { timeout: 300_000 }, async () => {
    const before = readdirSync(outside)
    for (let round = 0; round < ROUNDS; round += 1) {
      await writeFile(join(machine.workspace, 'real/m'), 'inside')
      const taken = await attempt('file_move', { from: round % 3 === 0 ? 'link/file' : 'link/m', to: `taken-${round}` })
      if (taken !== null) {
        expect(readFileSync(join(machine.workspace, `taken-${round}`), 'utf8')).toBe('inside')
        await machine.revert('file_move', taken.inverse).catch(() => undefined)
        await rm(join(machine.workspace, `taken-${round}`), { force: true })
      }
      await writeFile(join(machine.workspace, 'p'), 'planted')
      await attempt('file_move', { from: 'p', to: `link/p-${round}` })
      await rm(join(machine.workspace, 'p'), { force: true })
    }
    expect(readdirSync(outside)).toEqual(before)
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('outside')
  })

  it('writing, editing and deleting touch nothing outside', { timeout: 300_000 }, async () => {
    const before = readdirSync(outside)
    for (let round = 0; round < ROUNDS; round += 1) {
      await attempt('file_write', { path: `link/w-${round}`, content: 'x' })
      await attempt('file_edit', { path: 'link/file', find: 'outside', replace: 'pwned' })
      await attempt('file_delete', { path: `link/w-${round}` })
    }
    expect(readdirSync(outside)).toEqual(before)
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('outside')
  })
})

/** A call that may be refused in one of the ways that a race leads to, and in no other. */
async function attempt(name: string, args: Record<string, unknown>) {
  try {
    return await machine.call(name, args)
  } catch (error) {
    const { code } = error as { code?: string }
    expect(code, String(error)).toMatch(
      /^(path_outside_roots|not_found|conflict|not_a_directory|not_a_file|already_exists|text_not_found)$/,
    )
    return null
  }
}

async function startSwapping() {
  const turns = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL('../../support/swap-links.ts', import.meta.url), {
    workerData: { workspace: machine.workspace, outside, turns },
  })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
  })
  return {
    async stop() {
      Atomics.store(turns, 1, 1)
      await ended
      return Atomics.load(turns, 0)
    },
  }
}
