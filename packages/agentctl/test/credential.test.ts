import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { agentctl } from './support/cli.ts'
import { startWithGateway } from './support/gateway.ts'

/** Each look takes a process of its own. */
const PATIENT_MS = 60_000
const SECRET = 'sk-ant-api03-PLANTED-on-the-command-line-{q}~'

test('a credential’s life at the command line, each step in the ledger and its secret nowhere', {
  timeout: 240_000,
}, async () => {
  const castellan = await startWithGateway()
  const { state } = castellan
  const ctl = async (args: string[], input = '') => {
    const ran = await agentctl([...args, '--state', state], { input })
    return { ...ran, args }
  }
  const done = async (args: string[], input = '') => {
    const ran = await ctl(args, input)
    expect(ran).toMatchObject({ args, code: 0 })
    expect(ran.stdout + ran.stderr).not.toContain('PLANTED')
    return ran.stdout
  }
  await until('the store answers', async () => (await ctl(['credential', 'status'])).code === 0, PATIENT_MS)

  await done(['credential', 'add', 'anthropic', '--label', 'work', '--secret-file', '-'], `${SECRET}\n`)
  expect(await done(['credential', 'list'])).toMatch(/cred_\S+ +anthropic +work +…\{q\}~ +healthy +never/)
  expect(await ctl(['credential', 'add', 'openai'])).toMatchObject({ code: 2 })
  await done(['credential', 'rotate', 'work', '--secret-file', '-'], `${SECRET}-2`)
  expect((await ctl(['credential', 'test', 'work'])).stdout).toContain('It does not work: airlock_unavailable')

  const words = (await done(['credential', 'phrase'])).match(/[a-z]{3,8}/g)?.join(' ') ?? ''
  expect(words.split(' ')).toHaveLength(24)

  // Exported, deleted, taken in again.
  const folder = temporaryFolder()
  const file = join(folder, 'credentials.age')
  const passphrase = join(folder, 'passphrase')
  writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 })
  expect((await ctl(['credential', 'export', file, '--recipient', 'age1nobody'])).code).toBe(1)
  expect(existsSync(file)).toBe(false)
  await done(['credential', 'export', file, '--passphrase-file', passphrase])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await done(['credential', 'rm', 'work'])
  await done(['credential', 'import', file, '--passphrase-file', passphrase])

  // Locked over a restart; then the key is lost and comes back out of its words.
  expect((await ctl(['credential', 'lock'])).code).toBe(1)
  await castellan.restartGateway()
  await until('the store is unlocked', async () => (await ctl(['credential', 'unlock'])).code === 0, PATIENT_MS)
  const key = join(state, 'gateway', 'keys', 'kek')
  const before = readFileSync(key)
  rmSync(key)
  const wrong = await ctl(['credential', 'recover', '--phrase-file', '-'], words.replace(/^\S+/, 'zoo'))
  expect([wrong.code, existsSync(key)]).toEqual([1, false])
  await done(['credential', 'recover', '--phrase-file', '-'], words.toUpperCase())
  expect(readFileSync(key)).toEqual(before)
  await castellan.restartGateway()
  await until(
    'the store is open',
    async () => (await ctl(['credential', 'list'])).stdout.includes('anthropic'),
    PATIENT_MS,
  )

  await done(['credential', 'revoke', 'work'])
  const ledger = await done(['ledger', 'tail', '-n', '100'])
  for (const type of ['created', 'rotated', 'tested', 'deleted', 'revoked'])
    expect(ledger).toContain(`credential_${type}`)
  expect(ledger).toMatch(/credential_rotated +gateway .*provider=anthropic/)
  await done(['verify-ledger'])
  expect(castellan.log()).not.toContain('PLANTED')
})
