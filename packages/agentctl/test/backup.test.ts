import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTree } from '@castellan/testing'
import { expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl, type Ran } from './support/cli.ts'

test('the owner makes a key, a backup, checks it, and restores it; the key is left nowhere', async () => {
  const { state, stop } = await startAgentd()
  const workspace = join(state, 'workspace')
  const run = (args: string[], input?: string) =>
    agentctl(['backup', ...args, '--state', state], input === undefined ? {} : { input })
  mkdirSync(join(workspace, 'app'))
  writeFileSync(join(workspace, 'app/data'), 'precious')

  const without = await run(['create', join(workspace, 'app')])
  expect(without).toMatchObject({ code: 1, stdout: expect.stringContaining('agentctl backup init') })
  const { recovery_key: key, key_id } = json(await run(['init', '--json']))
  expect(key).toMatch(/^CSTRK1-/)
  expect((await run(['init'])).code).toBe(1)
  const made = json(await run(['create', join(workspace, 'app'), '--json']))
  const id = made.result.id as string
  expect(made).toMatchObject({ ok: true, result: { checked: 'restored', keyId: key_id, entries: 2 } })
  expect((await run(['list'])).stdout).toContain('this key')

  expect((await run(['verify', id])).stdout).toContain('byte for byte')
  expect((await run(['verify', id, '--key-file', '-'], key)).stdout).toContain('restored to a scratch folder')
  expect((await run(['verify', id, '--key'])).code).toBe(2)
  const keyFile = join(state, 'my-key')
  writeFileSync(keyFile, `${key}\n`, { mode: 0o644 })
  expect((await run(['restore', id, '--in-place', '--key-file', keyFile])).stderr).toContain('chmod 600')
  chmodSync(keyFile, 0o600)
  writeFileSync(join(workspace, 'app/data'), 'ruined')
  expect(await run(['restore', id, '--in-place', '--key-file', keyFile])).toMatchObject({ code: 0 })
  expect(readFileSync(join(workspace, 'app/data'), 'utf8')).toBe('precious')

  const wrong = key.replace(/.$/, (last: string) => (last === '0' ? '1' : '0'))
  expect((await run(['restore', id, '--to', join(workspace, 'back'), '--key-file', '-'], wrong)).stderr).toContain(
    'recovery_key_invalid',
  )
  expect((await run(['unlock', id, '--for', 'restore', '--key-file', '-'], key)).code).toBe(0)
  const call = ['call', 'backup_restore', JSON.stringify({ id, to: 'back' }), '--state', state]
  expect((await agentctl(call)).code).toBe(0)
  expect(readFileSync(join(workspace, 'back', workspace, 'app/data'), 'utf8')).toBe('precious')
  expect((await agentctl(call)).stdout).toContain('Only its recovery key opens')

  await stop()
  writeFileSync(keyFile, '')
  const secrets = [key, key.replaceAll('-', ''), secretBytes(key).toString('hex'), secretBytes(key).toString('latin1')]
  for (const { path, bytes } of readTree(state)) {
    const content = bytes.toString('latin1')
    for (const secret of secrets) expect(content.includes(secret), path).toBe(false)
  }
})

test.each([
  [['restore', 'bak_20261121T090000Z-x7k2mp'], 2],
  [['restore', 'nonsense', '--in-place'], 2],
  [['restore', 'bak_20261121T090000Z-x7k2mp', '--in-place', '--key-file', '-'], 1],
  [['unlock', 'bak_20261121T090000Z-x7k2mp', '--for', 'fun'], 2],
])('%j ends with %i', async (args, code) => {
  const { state } = await startAgentd()
  expect((await agentctl(['backup', ...args, '--state', state], { input: 'CSTRK1' })).code).toBe(code)
})

function json({ code, stdout, stderr }: Ran) {
  expect(code, stdout + stderr).toBe(0)
  return JSON.parse(stdout)
}

/** The private half, as base 32 has it. */
function secretBytes(key: string): Buffer {
  let bits = 0n
  for (const letter of key.slice('CSTRK1'.length).replaceAll('-', '')) {
    bits = (bits << 5n) | BigInt('0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(letter))
  }
  return Buffer.from(bits.toString(16).padStart(70, '0'), 'hex').subarray(0, 32)
}
