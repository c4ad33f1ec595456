import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { normalSignInCode, PageSession, SignInCode, type SignInRedemption } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { textOf } from './support/client.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { type RealAgentd, startAgentd } from './support/real-agentd.ts'

const WRITE = '/call file_write {"path":"notes.txt","content":"hello"}'

async function startBoth(): Promise<{ gateway: TestGateway; agentd: RealAgentd; note: string }> {
  const gateway = await startGateway({ agentd: false })
  return { gateway, agentd: await startAgentd(gateway.folder), note: join(gateway.folder, 'workspace', 'notes.txt') }
}

/** What the page does with a code: proves it, and enrols a key of its own with it. */
async function signInWithKey({ gateway, agentd }: { gateway: TestGateway; agentd: RealAgentd }) {
  const { code } = await agentd.operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
  const mac = (text: string) => createHmac('sha256', normalSignInCode(code)).update(text).digest('hex')
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const public_key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')
  const key = { name: 'test page', public_key, key_mac: mac(`castellan enrol ${public_key}`) }
  const body = JSON.stringify({ proof: mac('castellan sign-in'), key } satisfies SignInRedemption)
  const origin = gateway.url
  const answer = await gateway.ask('/sign-in', {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body,
  })
  const { key_id } = PageSession.parse(answer.json)
  const cookie = answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''
  return { key_id: key_id ?? '', privateKey, body, headers: { origin, cookie } }
}

const signature = (key: KeyObject, text: string) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64')

test('a read tool answers with real figures and its ledger number', async () => {
  const { gateway } = await startBoth()
  const client = await gateway.connect()
  await client.ask('/call disk_usage {"path":"/"}')
  const result = await client.hears('tool_result')
  expect(result).toMatchObject({ ok: true, ledger_index: expect.any(Number) })
  expect(result.summary).toMatch(/\d/)
})

test('a write happens once the owner’s token has approved it, and not before', async () => {
  const { gateway, note } = await startBoth()
  const client = await gateway.connect()
  client.send({ type: 'chat', text: WRITE })
  const { approval_id } = await client.hears('approval_required')
  expect(existsSync(note)).toBe(false)
  client.send({ type: 'approve', approval_id })
  await client.hears('done')
  expect(await client.hears('tool_result')).toMatchObject({ ok: true, undo: { possible: true } })
  expect(readFileSync(note, 'utf8')).toBe('hello')
  expect(client.frames.filter(({ type }) => type === 'approval_decided')).toHaveLength(1)
})

test('a write that was denied never happens', async () => {
  const { gateway, note } = await startBoth()
  const client = await gateway.connect()
  client.send({ type: 'chat', text: WRITE })
  const { approval_id } = await client.hears('approval_required')
  client.send({ type: 'deny', approval_id })
  await client.hears('done')
  expect(await client.hears('tool_result')).toMatchObject({ ok: false, result: { code: 'approval_denied' } })
  expect(existsSync(note)).toBe(false)
})

test('a page signs in with a one-time code and approves with the key it enrolled', async () => {
  const both = await startBoth()
  const { key_id, privateKey, headers, body } = await signInWithKey(both)
  const page = await both.gateway.connect({ headers })
  page.send({ type: 'chat', text: WRITE })
  const { approval_id, signing } = await page.hears('approval_required')

  // A signature over the no is no yes.
  page.send({ type: 'approve', approval_id, key_id, signature: signature(privateKey, signing.deny) })
  await page.hears('error', ({ code }) => code === 'signature_invalid')
  page.send({ type: 'approve', approval_id, key_id, signature: signature(privateKey, signing.approve) })
  await page.hears('done')
  expect(readFileSync(both.note, 'utf8')).toBe('hello')

  const again = await both.gateway.ask('/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  expect(again.json.code).toBe('sign_in_failed')
})

test('/undo takes back what was written, after another yes', async () => {
  const { gateway, note } = await startBoth()
  const client = await gateway.connect()
  client.socket.on('message', (data) => {
    const frame = JSON.parse(String(data))
    if (frame.type === 'approval_required') client.send({ type: 'approve', approval_id: frame.approval_id })
  })
  await client.ask(WRITE)
  const { ledger_index } = await client.hears('tool_result')
  await client.ask(`/undo ${ledger_index}`)
  expect(await client.hears('tool_result', ({ name }) => name === 'undo_apply')).toMatchObject({ ok: true })
  expect(existsSync(note)).toBe(false)
})

test('a turn that waits for approval outlives a crash of agentd', async () => {
  const { gateway, agentd, note } = await startBoth()
  const client = await gateway.connect()
  client.send({ type: 'chat', text: WRITE })
  const { approval_id } = await client.hears('approval_required')
  await agentd.restart()
  client.send({ type: 'approve', approval_id })
  await client.hears('done')
  expect(readFileSync(note, 'utf8')).toBe('hello')
})

test('what agentd refuses is said with its own sentence', async () => {
  const { gateway } = await startBoth()
  const client = await gateway.connect()
  expect(textOf(await client.ask('/call disk_usge {}'))).toContain('disk_usage')
  await client.ask('/call file_read {"path":"/etc/shadow"}')
  expect(await client.hears('tool_result', ({ name }) => name === 'file_read')).toMatchObject({
    ...{ ok: false, result: { code: 'path_outside_roots' } },
  })
})
