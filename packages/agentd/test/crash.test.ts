import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CastellanError, type LedgerEntry, LedgerPage, ProcessHealth } from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import { verifyLedger } from '@castellan/ledger'
import { until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { asDone, client, configEnv, type Recorded, request, send, temporaryState } from './support/agentd.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const CALLS = 1000
/** `CASTELLAN_TEST_CRASHES=10` for the full count; each takes a few seconds. */
const CRASHES = Number(process.env.CASTELLAN_TEST_CRASHES ?? 2)

test(`killed ${CRASHES} times in the middle of ${CALLS} concurrent calls, agentd loses no answered call`, async () => {
  const stateDir = temporaryState()
  const answered: Recorded[] = []
  for (let crash = 0; crash < CRASHES; crash += 1) {
    const agentd = await startProcess(stateDir)
    // Somewhere between the first and nearly the last answer, somewhere else each time.
    const enough = answered.length + 50 + Math.round((crash / CRASHES) * (CALLS / 2))
    const calls = Array.from({ length: CALLS }, (_, i) => callUntilGone(agentd.operator, crash * CALLS + i, answered))
    await until('enough calls are answered', () => answered.length >= enough)
    agentd.process.kill('SIGKILL')
    await Promise.all(calls)
    await once(agentd.process, 'close')
    agentd.operator.close()
  }

  const agentd = await startProcess(stateDir)
  const entries = await allEntries(agentd.operator)
  const closing = new Map(entries.filter(({ intent }) => intent !== undefined).map((entry) => [entry.intent, entry]))
  const intents = entries.filter(({ type }) => type === 'intent')
  expect(intents.filter(({ index }) => !closing.has(index))).toEqual([])
  for (const { call_id, ledger_index, ok } of answered) {
    expect(ok).toBe(true)
    expect(entries[ledger_index]).toMatchObject({ type: 'outcome', call_id, ok: true })
    expect(existsSync(join(stateDir, 'workspace', `${call_id}.txt`))).toBe(true)
  }
  agentd.process.kill('SIGTERM')
  const [code] = await once(agentd.process, 'close')
  expect(code).toBe(0)
  const verdict = await verifyLedger({
    dir: join(stateDir, 'ledger'),
    keyDir: join(stateDir, 'agentd/ledger-keys'),
  })
  expect(verdict).toMatchObject({ ok: true, findings: [], entries: entries.length + 1 })
}, 600_000)

/** Ends when the call is answered or agentd is gone. */
async function callUntilGone(operator: UnixClient, seed: number, answered: Recorded[]): Promise<void> {
  const asked = request('file_write', {}, { agent: 'operator' as never })
  const body = { ...asked, args: { path: `${asked.call_id}.txt`, content: `${seed}` } }
  try {
    answered.push(asDone(await send(operator, body)))
  } catch (error) {
    if (!(error instanceof CastellanError) || error.code !== 'agentd_unavailable') throw error
  }
}

async function startProcess(stateDir: string): Promise<{ process: ChildProcess; operator: UnixClient }> {
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: {
      ...configEnv(stateDir, { LIMITS__CALLS_IN_FLIGHT: CALLS }),
      CASTELLAN_LOG_LEVEL: 'error',
      PATH: process.env.PATH,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const operator = client(join(stateDir, 'sockets/operator.sock'))
  const health = await until('agentd answers', () =>
    operator.request('GET', '/v1/health', { schema: ProcessHealth }).catch(() => undefined),
  )
  expect(health).toMatchObject({ state: 'ready', pid: child.pid })
  return { process: child, operator }
}

/** Oldest first. */
async function allEntries(operator: UnixClient): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for (;;) {
    const before = entries.at(-1)?.index
    const query = `limit=1000${before === undefined ? '' : `&before=${before}`}`
    const page = await operator.request('GET', `/v1/ledger/entries?${query}`, { schema: LedgerPage })
    entries.push(...page.records.map(({ entry }) => entry))
    if (!page.more) return entries.toReversed()
  }
}
