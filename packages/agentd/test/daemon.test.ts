import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CallOutcome, type CastellanError, ToolListing } from '@castellan/contracts'
import { Ledger } from '@castellan/ledger'
import { expect, test } from 'vitest'
import { tools } from '../src/tools/index.ts'
import { asDone, request, send, TestAgentd, temporaryState } from './support/agentd.ts'

test('with its real tools: a question, an act, a proof and an undo', async () => {
  const agentd = await TestAgentd.start({ tools })
  const disks = asDone(await agentd.call('disk_usage'))
  expect(disks).toMatchObject({ ok: true, result: { fileSystems: expect.any(Array) } })

  const path = join(agentd.stateDir, 'workspace/notes.txt')
  const written = await agentd.callApproved('file_write', { path: 'notes.txt', content: 'hello\n' })
  expect(written).toMatchObject({ ok: true, undo: { possible: true } })
  expect(readFileSync(path, 'utf8')).toBe('hello\n')

  const verified = asDone(await agentd.call('ledger_verify'))
  expect(verified).toMatchObject({ ok: true, result: { ok: true, checkpoint: 'valid', problem: null } })
  const asked = asDone(await agentd.call('ledger_query', { tool: 'file_write' }))
  expect(asked.result).toMatchObject({ entries: [{ summary: written.summary }, { type: 'intent' }, {}, {}, {}] })

  const body = { index: written.ledger_index }
  const undone = await agentd.operator.request('POST', '/v1/undo', { body, schema: CallOutcome })
  expect(undone.ok).toBe(true)
  expect(existsSync(path)).toBe(false)
})

test('every tool is listed with its schemas', async () => {
  const agentd = await TestAgentd.start({ tools })
  const listing = await agentd.agent.request('GET', '/v1/tools', { schema: ToolListing })
  expect(listing.tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name))
  expect(listing.tools.every(({ inputSchema }) => inputSchema.additionalProperties === false)).toBe(true)
})

test('file tools reach the workspace and what the owner grants, and never the state', async () => {
  const elsewhere = join(import.meta.dirname, 'support')
  const roots = [{ path: elsewhere, access: 'read' }]
  const agentd = await TestAgentd.start({ tools, settings: { FILES__ROOTS: roots } })
  const read = async (path: string) => asDone(await agentd.call('file_stat', { path })).error?.code ?? 'ok'
  expect(await read(join(elsewhere, 'agentd.ts'))).toBe('ok')
  expect(await read(join(agentd.stateDir, 'token'))).toBe('path_outside_roots')
  expect(await read(join(agentd.stateDir, 'agentd/ledger-keys'))).toBe('path_outside_roots')
  expect(await read('/etc/passwd')).toBe('path_outside_roots')
})

test('what agentd keeps is for its owner alone', async () => {
  const agentd = await TestAgentd.start()
  await agentd.callApproved('test_count', { path: join(agentd.stateDir, 'count') })
  const mode = (path: string) => statSync(join(agentd.stateDir, path)).mode & 0o777
  for (const folder of ['agentd', 'ledger', 'workspace']) expect([folder, mode(folder)]).toEqual([folder, 0o700])
  expect(mode('agentd/approvals.json')).toBe(0o600)
})

test('a call under way when agentd stops is stopped and has its outcome', async () => {
  const agentd = await TestAgentd.start()
  // Whether the answer still gets through before the socket closes is chance; that it is no success is not.
  const running = send(agentd.operator, request('test_endless', { ms: 60_000 })).then(
    (answer) => asDone(answer).error?.code,
    (error: CastellanError) => error.code,
  )
  await expect.poll(() => agentd.story()).toEqual(['intent'])
  await agentd.stop()
  expect(await running).toMatch(/shutting_down|agentd_unavailable|cancelled/)

  const folder = agentd.stateDir
  const ledger = await Ledger.open({ dir: join(folder, 'ledger'), keyDir: join(folder, 'agentd/ledger-keys') })
  expect(await ledger.read(4)).toMatchObject({ type: 'outcome', ok: false, code: 'shutting_down' })
  expect(await ledger.read(5)).toMatchObject({ type: 'daemon_stopped' })
  await ledger.close()
})

test('a state folder of a build before encryption is opened, its trash let be', async () => {
  const stateDir = temporaryState()
  const trash = join(stateDir, 'agentd/trash')
  for (const folder of ['items', 'contents']) mkdirSync(join(trash, folder), { recursive: true })
  writeFileSync(join(trash, 'key'), Buffer.alloc(32))
  writeFileSync(join(trash, 'items/trs_0123456789abcdef.json'), '{"id":"trs_0123456789abcdef"}')
  const agentd = await TestAgentd.start({ stateDir })
  expect(await agentd.call('test_echo')).toMatchObject({ status: 'done', ok: true })
})
