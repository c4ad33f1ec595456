import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LedgerEntry, LedgerPage, ProcessHealth } from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { expect, onTestFinished } from 'vitest'
import { client, configEnv } from './agentd.ts'

const main = fileURLToPath(new URL('./mortal-agentd.ts', import.meta.url))

/** An agentd in a process of its own, which can be killed. */
export async function startProcess(
  stateDir: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ process: ChildProcess; operator: UnixClient }> {
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { ...configEnv(stateDir), CASTELLAN_LOG_LEVEL: 'error', PATH: process.env.PATH, ...environment },
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
export async function allEntries(operator: UnixClient): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for (;;) {
    const before = entries.at(-1)?.index
    const query = `limit=1000${before === undefined ? '' : `&before=${before}`}`
    const page = await operator.request('GET', `/v1/ledger/entries?${query}`, { schema: LedgerPage })
    entries.push(...page.records.map(({ entry }) => entry))
    if (!page.more) return entries.toReversed()
  }
}
