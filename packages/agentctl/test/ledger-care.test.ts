import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

test('an erased entry says when and by whom, and the ledger still verifies', async () => {
  const { state } = await startAgentd()
  const { stdout } = await agentctl(['call', 'disk_usage', '--json', '--state', state])
  const index = String(JSON.parse(stdout).ledger_index)
  const erased = await agentctl(['ledger', 'erase', index, '--reason', 'a test', '--state', state])
  expect(erased, erased.stderr).toMatchObject({ code: 0 })
  const shown = await agentctl(['ledger', 'show', index, '--state', state])
  expect(shown.stdout).toMatch(/payload: erased by \S+, 20\d\d-/)
  expect((await agentctl(['verify-ledger', '--state', state])).code).toBe(0)
  expect((await agentctl(['ledger', 'erase', index, '--reason', 'again', '--state', state])).code).toBe(1)
})

test('the key is rotated, and proofs under either key are good with both', async () => {
  const { state } = await startAgentd()
  const before = JSON.parse((await agentctl(['verify-ledger', '--json', '--state', state])).stdout).vkey
  const rotated = await agentctl(['ledger', 'rotate-key', '--json', '--state', state])
  expect(rotated, rotated.stderr).toMatchObject({ code: 0 })
  const verified = JSON.parse((await agentctl(['verify-ledger', '--json', '--state', state])).stdout)
  expect(verified.ok).toBe(true)
  expect(verified.vkey).toBe(JSON.parse(rotated.stdout).vkey)
  expect(verified.vkey).not.toBe(before)
})

test('a damaged ledger is repaired beside a running agentd, which takes it up again', async () => {
  const first = await startAgentd()
  await agentctl(['call', 'file_write', '{"path":"a.txt","content":"a"}', '--state', first.state])
  await first.stop()
  const segment = join(first.state, 'ledger', 'journal', '0000000000000000.seg')
  const bytes = readFileSync(segment)
  const at = bytes.indexOf('"type":"intent"')
  bytes.write('"type":"imtent"', at)
  writeFileSync(segment, bytes)

  const { state } = await startAgentd({ state: first.state, ready: 'degraded' })
  expect((await agentctl(['verify-ledger', '--state', state])).code).toBe(1)
  expect((await agentctl(['call', 'disk_usage', '--state', state])).code).toBe(0)
  const refused = await agentctl(['call', 'file_write', '{"path":"b.txt","content":"b"}', '--state', state])
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('ledger repair')

  const repaired = await agentctl(['ledger', 'repair', '--reason', 'a test', '--state', state])
  expect(repaired, repaired.stdout + repaired.stderr).toMatchObject({ code: 0 })
  const written = await agentctl(['call', 'file_write', '{"path":"b.txt","content":"b"}', '--state', state])
  expect(written, written.stderr).toMatchObject({ code: 0 })
})
