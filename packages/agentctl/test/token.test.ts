import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { agentctl } from './support/cli.ts'
import { startWithGateway } from './support/gateway.ts'

test('tokens at the command line: made, listed, rotated and revoked, each step in the ledger', {
  timeout: 240_000,
}, async () => {
  const { state } = await startWithGateway()
  const ctl = (args: string[], input = '') => agentctl([...args, '--state', state], { input })
  const done = async (args: string[], input = '') => {
    const ran = await ctl(args, input)
    expect({ args, code: ran.code, stderr: ran.stderr }).toMatchObject({ args, code: 0 })
    return ran.stdout
  }
  await until('the gateway answers', async () => (await ctl(['token', 'list'])).code === 0)

  const made = JSON.parse(
    await done(['token', 'create', 'script', '--scope', 'operate', '--scope', 'approve-never', '--json']),
  )
  expect(made).toMatchObject({ name: 'script', scopes: ['operate', 'approve-never'], state: 'active' })
  const out = join(temporaryFolder(), 'phone.token')
  const printed = await done([
    'token',
    'create',
    'phone',
    '--scope',
    'chat',
    '--agent',
    'main',
    '--days',
    '1',
    '--out',
    out,
  ])
  const secret = readFileSync(out, 'utf8').trim()
  expect([statSync(out).mode & 0o777, secret]).toEqual([0o600, expect.stringMatching(/^cst_/)])
  expect(printed).not.toContain(secret)
  const listed = await done(['token', 'list'])
  expect(listed).toMatch(/tok_\S+ +phone +chat +main +active/)
  expect(listed).not.toContain('cst_')

  expect(await done(['token', 'rotate', made.token_id])).toMatch(/^cst_/)
  const before = readFileSync(join(state, 'token'), 'utf8')
  expect(await done(['token', 'rotate', 'owner', '--overlap', '0'])).not.toContain('cst_')
  expect(readFileSync(join(state, 'token'), 'utf8')).not.toBe(before)
  expect(await done(['token', 'revoke', made.token_id])).toContain('Revoked')
  expect((await ctl(['token', 'revoke', secret])).stderr).not.toContain(secret)
  expect(await ctl(['token', 'create', 'x', '--scope', 'root'])).toMatchObject({ code: 2 })

  await done(['sign-in', 'passphrase', '--passphrase-file', '-'], 'correct horse battery staple\n')
  expect(await done(['sign-in', 'list', '--json'])).toContain('"passphrase_set":true')
  await done(['sign-in', 'passphrase', '--remove'])
  const story = await done(['ledger', 'tail', '--json'])
  for (const type of ['token_created', 'token_rotated', 'token_revoked', 'sign_in_method_changed'])
    expect(story).toContain(type)
  expect(story).not.toContain('cst_')
})
