import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

describe('a ledger on its way to another host', () => {
  test('is exported, verified anywhere, and goes on under its own keys', async () => {
    const { state } = await startAgentd()
    await agentctl(['call', 'disk_usage', '--state', state])
    const file = join(temporaryFolder(), 'ledger.ndjson')
    const { vkey } = JSON.parse((await agentctl(['verify-ledger', '--json', '--state', state])).stdout)
    expect(await agentctl(['ledger', 'export', file, '--state', state])).toMatchObject({ code: 0 })
    expect((await agentctl(['ledger', 'export', file, '--state', state])).code).toBe(2)
    expect((await agentctl(['verify-ledger', '--export', file, '--key', vkey])).code).toBe(0)

    const next = temporaryFolder()
    const keys = join('agentd', 'ledger-keys')
    mkdirSync(join(next, keys), { recursive: true })
    for (const key of ['signing.key', 'payload.key']) copyFileSync(join(state, keys, key), join(next, keys, key))
    const imported = await agentctl(['ledger', 'import', file, '--state', next])
    expect(imported, imported.stderr).toMatchObject({ code: 0 })
    expect((await agentctl(['verify-ledger', '--state', next])).code).toBe(0)
    expect((await agentctl(['verify-ledger', '--since-checkpoint', '--state', next])).code).toBe(0)
    expect((await agentctl(['ledger', 'import', file, '--state', next])).code).toBe(1)
  })

  test('is found out when a line of it was changed', async () => {
    const { state } = await startAgentd()
    const file = join(temporaryFolder(), 'ledger.ndjson')
    await agentctl(['ledger', 'export', file, '--state', state])
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('"type":"daemon_started"')
    writeFileSync(file, text.replace('"type":"daemon_started"', '"type":"daemon_stopped"'))
    const ran = await agentctl(['verify-ledger', '--export', file])
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain('NOT as it was written')
  })
})

test('a witness refuses an address it cannot make sense of, and shows what one looks like', async () => {
  const { state } = await startAgentd()
  const { vkey } = JSON.parse((await agentctl(['verify-ledger', '--json', '--state', state])).stdout)
  const refused = await agentctl(['witness', 'serve', '--name', 'w', '--log', vkey, '--listen', 'everywhere'])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('127.0.0.1:7380')
})
