import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ledger, verifyLedger } from '@castellan/ledger'
import { requires } from '@castellan/testing'
import { afterAll, expect, test } from 'vitest'
import { encodeLeaf } from '../../src/entry/leaf.ts'
import { leafHash } from '../../src/merkle/hash.ts'
import { tempFolder } from '../support.ts'

/** Calls that are made to fail, and how. `kill` ends the process as the call begins. */
const CALLS = ['openat', 'write', 'pwrite64', 'rename', 'fsync', 'fdatasync', 'close', 'mkdir', 'unlink'] as const
const WAYS = ['error=EIO', 'error=ENOSPC', 'signal=KILL'] as const

/** `CASTELLAN_FAULTS=full` (npm run test:faults) fails each single call in turn; otherwise every so many-th. */
const FULL = process.env.CASTELLAN_FAULTS === 'full'
const BOUNDED = [1, 7]
const MOST_CALLS = 4000

const scenario = fileURLToPath(new URL('./scenario.ts', import.meta.url))
const STABLE_CODES = /^error (disk_full|read_only|ledger_unavailable|ledger_damaged|permission_denied)$/

let cases = 0
afterAll(() => {
  if (cases > 0) process.stdout.write(`fault sweep: ${cases} calls made to fail\n`)
})

/** strace, and a host that lets it trace. */
const tracer = requires
  .command('strace', 'strace')
  .and(requires.that(mayTrace(), 'needs a host that allows ptrace (in a container: --cap-add SYS_PTRACE)'))

function mayTrace(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', '-e', 'inject=getpid:error=EIO', 'true']).status === 0
}

interface Outcome {
  /** Whether the call in question was ever made. */
  readonly injected: boolean
  readonly acknowledged: Map<number, string>
  readonly last: string
}

/** Runs the scenario with the `nth` call of its kind, in each thread, failing in the given way. */
async function disturbed(
  place: { dir: string; keyDir: string },
  call: string,
  way: string,
  nth: number,
  log: string,
): Promise<Outcome> {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=source', scenario, place.dir, place.keyDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // One thread for all file operations: the calls come in one order.
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  })
  let output = ''
  const closed = once(child, 'close')
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk
      if (output.startsWith('ready\n')) resolve()
    })
  })
  await Promise.race([ready, closed])
  const inject = `inject=${call}:${way}:when=${nth}`
  const strace = spawn('strace', ['-f', '-p', String(child.pid), '-o', log, '-e', `trace=${call}`, '-e', inject], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const detached = once(strace, 'close')
  await new Promise<void>((resolve) => {
    strace.stderr?.once('data', () => resolve())
    strace.once('close', () => resolve())
  })
  // The fault may have ended it before it was told to go.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end('go\n')
  await closed
  await detached
  const trace = await readFile(log, 'utf8').catch(() => '')
  const lines = output.split('\n').slice(1, -1)
  const acknowledged = new Map(
    lines
      .filter((line) => /^\d+ /.test(line))
      .map((line) => [Number(line.split(' ')[0]), line.split(' ')[1] as string]),
  )
  return {
    injected: trace.includes('(INJECTED)') || trace.includes('killed by SIGKILL'),
    acknowledged,
    last: lines.at(-1) ?? '',
  }
}

tracer.describe('a fault in a system call', () => {
  const table = CALLS.flatMap((call) => WAYS.map((way) => [call, way] as const))
  test.each(table)(
    '%s with %s loses nothing that was acknowledged',
    async (call, way) => {
      const folder = await tempFolder()
      const numbers = FULL ? Array.from({ length: MOST_CALLS }, (_, i) => i + 1) : BOUNDED
      for (const nth of numbers) {
        const place = { dir: join(folder, `${nth}`, 'ledger'), keyDir: join(folder, `${nth}`, 'keys') }
        const { injected, acknowledged, last } = await disturbed(place, call, way, nth, join(folder, 'trace'))
        if (!injected) break
        cases += 1
        const what = `${call} ${nth} ${way}, then ${last}`
        if (last.startsWith('error')) expect(last, what).toMatch(STABLE_CODES)
        const ledger = await Ledger.open({ ...place, origin: 'test.example/faults' }).catch((error) => {
          throw new Error(`${what}: ${error.message}`, { cause: error })
        })
        for (const [index, hash] of acknowledged) {
          expect(leafHash(encodeLeaf(await ledger.read(index))).toString('hex'), what).toBe(hash)
        }
        await ledger.close()
        expect((await verifyLedger(place)).findings, what).toEqual([])
        await rm(join(folder, `${nth}`), { recursive: true })
      }
    },
    3_600_000,
  )
})
