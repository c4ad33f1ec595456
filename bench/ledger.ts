import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { fdatasync, openSync, write } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { LedgerDraft } from '@castellan/contracts'
import { Ledger, LogView } from '@castellan/ledger'

export const title = 'ledger: durable appends, verification, start, proofs'

interface Row {
  name: string
  value: number
  unit: string
  baseline?: number
  ratio?: number
  goal?: string
}

type Report = (row: Row) => void

/** How long each append figure is measured, ms. */
const MEASURE_MS = 3000

/** Entries of the grown log: `CASTELLAN_BENCH_ENTRIES`, a million unless it says less. */
const GROWN = Number(process.env.CASTELLAN_BENCH_ENTRIES ?? 1_000_000)

const ARGS = { args: { path: '/srv/data/photos', depth: 3, filter: ['*.jpg', '*.png'] } }

function draft(i: number): LedgerDraft {
  return {
    type: 'intent',
    actor: { kind: 'agent', name: 'main' },
    session: 'ses_0123456789abcdef',
    call_id: `call_${String(i).padStart(16, '0')}`,
    tool: 'disk_usage',
    effect: 'read',
  } as LedgerDraft
}

function outcome(intent: number): LedgerDraft {
  return {
    type: 'outcome',
    actor: { kind: 'agent', name: 'main' },
    tool: 'disk_usage',
    intent,
    ok: true,
    duration_ms: 4,
  } as LedgerDraft
}

/** Prints figures beside baselines that were measured in the same run, on the same disk. */
export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-bench-ledger-'))
  try {
    await appends(join(folder, 'appends'), report)
    await growth(join(folder, 'grown'), report)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function appends(folder: string, report: Report): Promise<void> {
  const ledger = await Ledger.open(placeIn(folder))
  let open: number | null = null
  const one = async (i: number): Promise<void> => {
    if (open === null) open = (await ledger.append(draft(i), ARGS)).index
    else {
      await ledger.append(outcome(open), { result: 'ok' })
      open = null
    }
  }
  for (let i = 0; i < 200; i += 1) await one(i)
  // Alternating, so that both see the same disk and the same neighbours.
  const bare: number[] = []
  const durable: number[] = []
  const bytes = 1100
  const sink = bareSink(join(folder, 'bare'), bytes)
  for (let round = 0; round < 6; round += 1) {
    bare.push(...(await timed(MEASURE_MS / 6, sink)))
    durable.push(...(await timed(MEASURE_MS / 6, one)))
  }
  const bareRate = rate(bare)
  const goal = 'at least 0.7 of bare write+fdatasync'
  report({ name: 'bare write+fdatasync, 1,100 bytes', value: bareRate, unit: '/s' })
  report({
    name: 'append, one caller',
    value: rate(durable),
    unit: '/s',
    baseline: bareRate,
    ratio: rate(durable) / bareRate,
    goal,
  })
  report({
    name: 'append, one caller, p50',
    value: percentile(durable, 50),
    unit: 'ms',
    baseline: percentile(bare, 50),
  })
  report({
    name: 'append, one caller, p99',
    value: percentile(durable, 99),
    unit: 'ms',
    baseline: percentile(bare, 99),
  })
  if (open !== null) await one(0)
  const many = await shared(ledger, 64)
  report({
    name: 'append, 64 callers',
    value: many,
    unit: '/s',
    baseline: bareRate,
    ratio: many / bareRate,
    goal: 'at least 10,000/s or 5 times bare',
  })
  await ledger.close()
}

/** Entries a second that `callers` get acknowledged together: intents and their outcomes in turn. */
async function shared(ledger: Ledger, callers: number): Promise<number> {
  const started = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (performance.now() - started < MEASURE_MS) {
        const { index } = await ledger.append(draft(caller), ARGS)
        await ledger.append(outcome(index), { result: 'ok' })
        count += 2
      }
    }),
  )
  return (count / (performance.now() - started)) * 1000
}

/** Cost as the log grows by powers of ten: start, proof, verification. */
async function growth(folder: string, report: Report): Promise<void> {
  const at = placeIn(folder)
  for (let size = 1000; size <= GROWN; size *= 10) {
    await growTo(at, size)
    const label = size.toLocaleString('en')
    const started = performance.now()
    const ledger = await Ledger.open(at)
    report({
      name: `start with ${label} entries`,
      value: performance.now() - started,
      unit: 'ms',
      ...(size === 1_000_000 ? { goal: 'under 500 ms' } : {}),
    })
    const proofs = await proving(size, (index) => ledger.prove(index))
    const goal = 'under 5 ms'
    report({ name: `proof of any of ${label} entries, p50`, value: percentile(proofs, 50), unit: 'ms' })
    report({ name: `proof of any of ${label} entries, p99`, value: percentile(proofs, 99), unit: 'ms', goal })
    await ledger.close()
    const view = await LogView.open(at.dir)
    const fromFiles = await proving(size, (index) => view.prove(index))
    report({ name: `the same from the files alone, p50`, value: percentile(fromFiles, 50), unit: 'ms' })
    report({ name: `the same from the files alone, p99`, value: percentile(fromFiles, 99), unit: 'ms', goal })
    const goals = size >= 1_000_000
    const files = await bareHash(at.dir)
    const records = await recordHash(at.dir)
    const { durationMs, peakMiB } = verifyOnce(at)
    const verify = (name: string, baseline: number, goal?: string) =>
      report({
        name,
        value: durationMs,
        unit: 'ms',
        baseline,
        ratio: baseline / durationMs,
        ...(goal === undefined ? {} : { goal }),
      })
    verify(`verify ${label} entries, beside hashing the same files`, files, goals ? 'ratio at least 0.7' : undefined)
    verify(`verify ${label} entries, beside hashing each record and node`, records)
    report({
      name: `peak resident memory of verifying ${label} entries`,
      value: peakMiB,
      unit: 'MiB',
      ...(goals ? { goal: 'under 150 MiB' } : {}),
    })
  }
}

/** How long each of 200 proofs takes, of entries from everywhere in the log, ms. */
async function proving(size: number, prove: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < 200; i += 1) {
    const begun = performance.now()
    await prove(Math.floor(((i * 7919) % 1000) * (size / 1000)))
    times.push(performance.now() - begun)
  }
  return times
}

/** In a process of its own, started as agentctl starts, so that its memory can be told. */
function verifyOnce({ dir, keyDir }: { dir: string; keyDir: string }): { durationMs: number; peakMiB: number } {
  const script = join(import.meta.dirname, 'ledger', 'verify-once.ts')
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--max-semi-space-size=2', '--conditions=source', script, dir, keyDir],
    {
      encoding: 'utf8',
    },
  )
  const result = JSON.parse(stdout || '{}') as { ok?: boolean; durationMs: number; peakMiB: number; finding?: string }
  if (result.ok !== true) throw new Error(result.finding ?? stderr)
  return result
}

async function growTo(at: { dir: string; keyDir: string }, size: number): Promise<void> {
  const ledger = await Ledger.open(at)
  while (ledger.size < size) {
    const begun = await Promise.all(
      Array.from({ length: Math.min(500, (size - ledger.size) / 2) }, (_, i) => ledger.append(draft(i), ARGS)),
    )
    await Promise.all(begun.map(({ index }) => ledger.append(outcome(index), { result: 'ok' })))
  }
  await ledger.close()
}

/** Reads the files of a log one by one and hashes each: milliseconds. */
async function bareHash(dir: string): Promise<number> {
  const names = (await readdir(dir, { recursive: true })) as string[]
  const files: string[] = []
  for (const name of names.sort()) if ((await stat(join(dir, name))).isFile()) files.push(join(dir, name))
  const started = performance.now()
  for (const file of files) hash('sha256', await readFile(file), 'buffer')
  return performance.now() - started
}

/**
 * What RFC 6962 asks for at the least, and nothing else: every leaf and payload record hashed by itself, and a tree node for
 * every entry; milliseconds. Lengths are taken as they stand, nothing is compared.
 */
async function recordHash(dir: string): Promise<number> {
  const started = performance.now()
  for (const [folder, prefix] of [
    ['tile/entries', 2],
    ['payload', 4],
  ] as const) {
    const names = (await readdir(join(dir, folder), { recursive: true })) as string[]
    for (const name of names.filter((path) => /\d{3}$/.test(path) && !path.includes('.p/'))) {
      const bytes = await readFile(join(dir, folder, name)).catch(() => Buffer.alloc(0))
      for (let at = 0; at < bytes.length; ) {
        const length = bytes.readUIntBE(at, prefix)
        hash('sha256', bytes.subarray(at + prefix, at + prefix + length), 'binary')
        if (prefix === 2) hash('sha256', bytes.subarray(at, at + 65), 'binary')
        at += prefix + length
      }
    }
  }
  return performance.now() - started
}

function bareSink(path: string, bytes: number): () => Promise<void> {
  const fd = openSync(path, 'w')
  const block = Buffer.alloc(bytes, 1)
  return () =>
    new Promise((resolve, reject) => {
      write(fd, block, 0, bytes, null, (error) =>
        error === null ? fdatasync(fd, (failed) => (failed === null ? resolve() : reject(failed))) : reject(error),
      )
    })
}

async function timed(forMs: number, work: (i: number) => Promise<void>): Promise<number[]> {
  const times: number[] = []
  const started = performance.now()
  for (let i = 0; performance.now() - started < forMs; i += 1) {
    const begun = performance.now()
    await work(i)
    times.push(performance.now() - begun)
  }
  return times
}

function rate(times: readonly number[]): number {
  return (times.length / times.reduce((sum, time) => sum + time, 0)) * 1000
}

function percentile(times: readonly number[], p: number): number {
  return [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor((times.length * p) / 100))] as number
}

function placeIn(folder: string): { dir: string; keyDir: string; origin: string } {
  return { dir: join(folder, 'ledger'), keyDir: join(folder, 'keys'), origin: 'bench.example/ledger' }
}
