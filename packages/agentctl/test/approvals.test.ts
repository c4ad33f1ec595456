import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { waitingApproval } from './support/approvals.ts'
import { agentctl } from './support/cli.ts'

const note = JSON.stringify({ path: 'notes.txt', content: 'remember the milk\n' })
const bin = fileURLToPath(new URL('../bin/agentctl.mjs', import.meta.url))

test('a key that was made and enrolled approves over agent.sock, without the state folder of the instance', async () => {
  const { state } = await startAgentd()
  const file = join(temporaryFolder(), 'castellan.key')
  const made = await agentctl(['operator', 'key', 'new', file])
  expect(made, made.stderr).toMatchObject({ code: 0 })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const publicKey = made.stdout.trim()
  expect(readFileSync(file, 'utf8')).not.toContain(publicKey)

  const call = agentctl(['call', 'file_write', note, '--agent', 'main', '--state', state])
  const { approval_id } = await waitingApproval(state)
  const socket = ['--socket', join(state, 'sockets', 'agent.sock'), '--state', '/nonexistent']
  const early = await agentctl(['approve', approval_id, '--key', file, ...socket])
  expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('operator_unknown') })

  const enrolled = await agentctl(['operator', 'enroll', 'Ann', '--public-key', publicKey, '--state', state])
  expect(enrolled.stdout).toMatch(/^Enrolled opk_\S+ \(Ann\) for Ann\.$/m)
  const approved = await agentctl(['approve', approval_id, '--key', file, ...socket])
  expect(approved, approved.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('Approved: file_write') })
  expect((await call).code).toBe(0)
  expect(existsSync(join(state, 'workspace', 'notes.txt'))).toBe(true)
})

test('keys are listed, renamed and revoked', async () => {
  const { state } = await startAgentd()
  const file = join(temporaryFolder(), 'castellan.key')
  await agentctl(['operator', 'key', 'new', file])
  const enrol = ['operator', 'enroll', 'Laptop', '--person', 'Ann', '--key', file, '--json', '--state', state]
  const { key_id } = JSON.parse((await agentctl(enrol)).stdout)
  expect((await agentctl(['operator', 'rename', key_id, 'Old laptop', '--state', state])).code).toBe(0)
  expect((await agentctl(['operator', 'list', '--state', state])).stdout).toMatch(/ed25519 +active .* Ann +Old laptop/)
  expect((await agentctl(['operator', 'revoke', key_id, '--state', state])).code).toBe(0)
  expect((await agentctl(['operators', '--state', state])).stdout).toContain('revoked')
  const gone = await agentctl(['operator', 'rename', key_id, 'x', '--state', state])
  expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('operator_unknown') })
})

test('a key file that others can read, or that is there already, is refused', async () => {
  const file = join(temporaryFolder(), 'castellan.key')
  await agentctl(['operator', 'key', 'new', file])
  expect(await agentctl(['operator', 'key', 'new', file])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('never written over'),
  })
  chmodSync(file, 0o640)
  const loose = await agentctl(['approve', 'apr_0123456789abcdef', '--key', file])
  expect(loose).toMatchObject({ code: 2, stderr: expect.stringContaining(`chmod 600 ${file}`) })
})

test.each([
  [['operator', 'enroll', 'Ann'], 'Say which key'],
  [['operator', 'enroll', 'Ann', '--page', '--key', 'x'], 'Say which key'],
  [['operator', 'revoke', 'ann'], 'operator list'],
  [['approve', 'apr_0123456789abcdef', '--socket', '/x'], '--socket goes with --key'],
  [['approve', 'ann'], "not an approval's id"],
])('%j is told what is wrong with it', async (args, words) => {
  const ran = await agentctl([...args, '--state', temporaryFolder()])
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(words) })
})

test('an invitation is an address with a one-time code, under a name that passkeys work for', async () => {
  const { state } = await startAgentd()
  const invited = await agentctl(['operator', 'enroll', "Ann's phone", '--person', 'Ann', '--page', '--state', state])
  expect(invited.stdout).toMatch(/^http:\/\/localhost:9\/#code=([0-9A-Z]{5}-){3}[0-9A-Z]{5}&choose$/m)
})

test('approvals show tells all: the call, what would happen, what undo takes back, the rule of always', async () => {
  const { state } = await startAgentd()
  const call = agentctl(['call', 'file_write', note, '--agent', 'main', '--state', state])
  const { approval_id } = await waitingApproval(state)
  const shown = await agentctl(['approvals', 'show', approval_id, '--state', state])
  expect(shown, shown.stderr).toMatchObject({ code: 0 })
  for (const word of ['It would run with exactly this:', 'remember the milk', 'Undo: ', '“Always”', 'expires in']) {
    expect(shown.stdout).toContain(word)
  }
  await agentctl(['deny', approval_id, '--state', state])
  await call
})

test('Ctrl-C while a call waits withdraws the question, so that a late yes is refused', async () => {
  const { state } = await startAgentd()
  const args = ['call', 'file_write', note, '--agent', 'main', '--state', state]
  const child = spawn(process.execPath, [bin, ...args], { stdio: 'ignore' })
  const { approval_id } = await waitingApproval(state)
  const exited = once(child, 'exit')
  child.kill('SIGINT')
  expect((await exited)[0]).toBe(130)
  const late = await agentctl(['approve', approval_id, '--state', state])
  expect(late).toMatchObject({ code: 4, stderr: expect.stringContaining('approval_withdrawn') })
})
