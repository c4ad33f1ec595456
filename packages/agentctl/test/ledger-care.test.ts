import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LogView, LogWitness, parseCheckpoint } from '@castellan/ledger'
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

test('a call is erased whole, and what is left of it is said before', async () => {
  const { state } = await startAgentd()
  const { stdout } = await agentctl([
    'call',
    'file_write',
    '{"path":"a.txt","content":"a"}',
    '--json',
    '--state',
    state,
  ])
  const outcome = String(JSON.parse(stdout).ledger_index)
  const alone = await agentctl(['ledger', 'erase', outcome, '--reason', 'a test', '--state', state])
  expect(alone.stdout).toMatch(/still hold/)
  const whole = await agentctl(['ledger', 'erase', outcome, '--call', '--reason', 'a test', '--json', '--state', state])
  expect(JSON.parse(whole.stdout)).toMatchObject({ related: [] })
  expect((await agentctl(['verify-ledger', '--state', state])).code).toBe(0)
})

test('entries are found by tool, type, actor, call, outcome, time and text', async () => {
  const { state } = await startAgentd()
  const { stdout } = await agentctl(['call', 'disk_usage', '--json', '--state', state])
  const { call_id } = JSON.parse(stdout)
  await agentctl(['call', 'file_read', '{"path":"nowhere.txt"}', '--state', state])
  const found = async (...options: string[]): Promise<Record<string, unknown>[]> => {
    const tail = await agentctl(['ledger', 'tail', ...options, '--json', '--state', state])
    expect(tail, tail.stderr).toMatchObject({ code: 0 })
    return tail.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).entry)
  }
  expect((await found('--tool', 'disk_usage')).map(({ type }) => type)).toEqual(['intent', 'outcome'])
  expect(await found('--call', call_id)).toHaveLength(2)
  expect((await found('--outcome', 'failed')).map(({ tool }) => tool)).toEqual(['file_read'])
  expect(await found('--outcome', 'ok', '--text', 'disk_us')).toHaveLength(1)
  expect((await found('--actor', 'agentd', '--since', '1h')).map(({ type }) => type)).toContain('daemon_started')
  expect(await found('--until', '2020-01-01')).toEqual([])
  expect((await agentctl(['ledger', 'tail', '--since', 'yesterday', '--state', state])).code).toBe(2)
  expect((await agentctl(['ledger', 'tail', '--outcome', 'maybe', '--state', state])).code).toBe(2)
})

test('a witness forgets a ledger when its owner tells it to', async () => {
  const { state } = await startAgentd()
  const none = await agentctl(['witness', 'forget', 'castellan/web1/5d0c1b2a', '--state', state])
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing was seen') })
  const vkey = JSON.parse((await agentctl(['verify-ledger', '--json', '--state', state])).stdout).vkey
  const witness = await LogWitness.open({ dir: join(state, 'witness'), name: 'home.example/w', logs: [vkey] })
  const { checkpointText: checkpoint } = await LogView.open(join(state, 'ledger'))
  const { size } = parseCheckpoint(checkpoint)
  expect((await witness.addCheckpoint(`old 0\n\n${checkpoint}`)).status).toBe(200)
  const forgotten = await agentctl(['witness', 'forget', vkey, '--json', '--state', state])
  expect(JSON.parse(forgotten.stdout)).toMatchObject({ size })
})
