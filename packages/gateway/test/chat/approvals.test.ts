import type { ServerFrame } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { textOf, typesOf } from '../support/client.ts'
import { say } from '../support/engine.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { signIn } from '../support/sign-in.ts'

const WRITE = { type: 'chat', text: '/call file_write {"path":"notes.txt"}' }
const withoutStatus = (frames: ServerFrame[]) => typesOf(frames).filter((type) => type !== 'status')

/** Starts a write in chat `main` and waits until it asks for approval. */
async function waitingWrite(gateway: TestGateway) {
  const client = await gateway.connect()
  client.send(WRITE)
  return { client, asked: await client.hears('approval_required') }
}

test('a call that needs a person shows exactly what it is, and runs once the owner’s token approves', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  expect(asked).toMatchObject({
    name: 'file_write',
    args: { path: 'notes.txt' },
    reason: 'file_write changes the machine.',
  })
  expect(asked.signing.approve).toContain(`\napprove\n${asked.approval_id}\nfile_write\n`)
  expect(asked.signing.deny).toContain('\ndeny\n')

  client.send({ type: 'approve', approval_id: asked.approval_id })
  await client.hears('done')
  expect(withoutStatus(client.frames)).toEqual([
    ...['tool_use', 'approval_required', 'approval_decided', 'tool_result', 'text', 'done'],
  ])
  expect(await client.hears('approval_decided')).toMatchObject({
    state: 'approved',
    by: 'owner-token',
    chat_id: 'main',
  })
  expect(await client.hears('tool_result')).toMatchObject({ ok: true, call_id: asked.call_id })
  const [first, second] = gateway.agentd.calls
  expect(second).toEqual({ ...first, approval_id: asked.approval_id })
})

test('a no means that nothing happens, and the model hears that the owner said it', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = ({ messages }) => {
    const last = messages.at(-1)
    if (last?.role === 'tool') return say(last.summary)
    return [{ type: 'tool_call', name: 'file_write', args: {}, confidence: 1 }, ...say()]
  }
  const client = await gateway.connect()
  client.send({ type: 'chat', text: 'write a note' })
  const { approval_id } = await client.hears('approval_required')
  client.send({ type: 'deny', approval_id })
  await client.hears('done')
  expect(await client.hears('tool_result')).toMatchObject({
    ok: false,
    result: { code: 'approval_denied' },
    ledger_index: null,
  })
  expect(textOf(client.frames)).toContain('The owner said no')
  expect(gateway.agentd.calls).toHaveLength(1)
})

test('abort while a person is waited for says that nothing was done', async () => {
  const gateway = await startGateway()
  const { client } = await waitingWrite(gateway)
  client.send({ type: 'abort' })
  await client.hears('done')
  expect(await client.hears('tool_result')).toMatchObject({
    ok: false,
    result: { code: 'cancelled', message: expect.stringContaining('nothing was done') },
  })
  expect(gateway.agentd.calls).toHaveLength(1)
})

test('a decision made elsewhere, as with agentctl, is heard by every socket', async () => {
  const gateway = await startGateway()
  const other = await gateway.connect()
  const { client, asked } = await waitingWrite(gateway)
  await other.hears('approval_required', ({ approval_id }) => approval_id === asked.approval_id)
  gateway.agentd.decide(asked.approval_id, 'approved')
  await other.hears('approval_decided', ({ by }) => by === 'root')
  await client.hears('done')
})

test('an approval that ran out ends the call, not the chat', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  gateway.agentd.decide(asked.approval_id, 'expired')
  await client.hears('done')
  expect(await client.hears('approval_decided')).toMatchObject({ state: 'expired' })
  expect(await client.hears('tool_result')).toMatchObject({ result: { code: 'approval_expired' } })
})

test('a turn waits while every socket is closed, and a new socket learns what waits', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  await client.close()

  const back = await gateway.connect()
  expect(await back.hears('approval_required')).toEqual(asked)
  expect(await back.hears('status', ({ state }) => state === 'waiting')).toMatchObject({ chat_id: 'main' })
  back.send({ type: 'approve', approval_id: asked.approval_id })
  await back.hears('done')
  expect(await back.hears('tool_result')).toMatchObject({ ok: true })
})

test('a waiting turn can be stopped; its question is withdrawn, so that a late yes is refused', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  client.send({ type: 'abort' })
  await client.hears('done')
  expect(gateway.agentd.pending).toEqual([])

  client.send({ type: 'approve', approval_id: asked.approval_id })
  await client.hears('error', ({ code }) => code === 'approval_withdrawn')
  expect(gateway.agentd.calls).toHaveLength(1)
})

test('a gateway that stops withdraws what its turns were waiting for', async () => {
  const gateway = await startGateway()
  await waitingWrite(gateway)
  await gateway.stop()
  expect(gateway.agentd.pending).toEqual([])
})

test('a waiting turn outlives a restart of agentd', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  await gateway.agentd.close()
  const restarted = gateway.agentd.reborn()
  await restarted.listen(gateway.config.agentSocket)
  client.send({ type: 'approve', approval_id: asked.approval_id })
  await client.hears('done')
  expect(await client.hears('tool_result')).toMatchObject({ ok: true })
  await restarted.close()
})

test('/approvals lists what waits, with the exact call', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  expect(textOf(await client.ask('/approvals', 'side'))).toBe('Nothing waits for your approval.')
  const { asked } = await waitingWrite(gateway)
  const listed = textOf(await client.ask('/approvals', 'side'))
  expect(listed).toContain(`${asked.approval_id}: file_write {"path":"notes.txt"}`)
})

test('a page approves with its operator key, whose signature is carried as it is', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  const page = await gateway.connect({ headers: await signIn(gateway) })
  const proof = { key_id: 'opk_AAAAAAAAAAAAAAAA', signature: 'c2lnbmVk' }
  page.send({ type: 'approve', approval_id: asked.approval_id, ...proof })
  await client.hears('approval_decided', ({ by }) => by === 'opk_AAAAAAAAAAAAAAAA')
  await page.hears('done')
})

test.each([
  ['a page without a key is told how else to approve', {}, 'forbidden', /npx agentctl approve apr_/],
  ['a key without a signature is refused', { key_id: 'opk_AAAAAAAAAAAAAAAA' }, 'invalid_request', /go together/],
  [
    'a wrong signature is refused by agentd',
    { key_id: 'opk_AAAAAAAAAAAAAAAA', signature: 'd3Jvbmc=' },
    ...(['signature_invalid', /does not fit/] as const),
  ],
])('%s', async (_name, proof, code, message) => {
  const gateway = await startGateway()
  const { asked } = await waitingWrite(gateway)
  const page = await gateway.connect({ headers: await signIn(gateway) })
  page.send({ type: 'approve', approval_id: asked.approval_id, ...proof })
  const error = await page.hears('error')
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
  expect(gateway.agentd.pending).toHaveLength(1)
})

test('an approval that nobody asked for is unknown, and one that was decided cannot be decided again', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  client.send({ type: 'approve', approval_id: 'apr_doesnotexist' })
  await client.hears('error', ({ code }) => code === 'approval_unknown')
  gateway.agentd.decide(asked.approval_id, 'denied')
  await client.hears('done')
  client.send({ type: 'approve', approval_id: asked.approval_id })
  await client.hears('error', ({ code }) => code === 'conflict')
  await until('the turn has ended', () => gateway.agentd.calls.length === 1)
})

test('a message while an approval is waited for is told what it waits for', async () => {
  const gateway = await startGateway()
  const { client } = await waitingWrite(gateway)
  client.send({ type: 'chat', text: 'yes' })
  expect(await client.hears('error')).toMatchObject({
    ...{ code: 'turn_in_progress', message: expect.stringContaining('approve or deny it') },
  })
})

test.each([
  ['/help', 'Ask in plain words'],
  ['/status', 'agentd: ready'],
  ['/tools', 'file_write (change)'],
  ['/approvals', 'apr_'],
])('%s is answered while an approval is waited for, and the turn goes on', async (command, words) => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  client.send({ type: 'chat', text: command })
  const answer = await client.hears('text')
  expect(answer).toMatchObject({ aside: true, chat_id: 'main', text: expect.stringContaining(words) })
  expect(typesOf(client.frames)).not.toContain('done')
  expect(typesOf(client.frames)).not.toContain('error')
  client.send({ type: 'approve', approval_id: asked.approval_id })
  await client.hears('done')
  expect(await client.hears('tool_result')).toMatchObject({ ok: true })
})

test('a command that does something still has to wait', async () => {
  const gateway = await startGateway()
  const { client } = await waitingWrite(gateway)
  client.send({ type: 'chat', text: '/call disk_usage {}' })
  await client.hears('error', ({ code }) => code === 'turn_in_progress')
})

test('all that a person should know is in the question', async () => {
  const gateway = await startGateway()
  const preview = { effects: ['Writes notes.txt.'], diff: '+x\n', undo: 'It can be taken back.' }
  const always = { possible: true as const, rule: 'permit (…);', digest: '0'.repeat(64) }
  gateway.agentd.question = { preview, always, taint: ['untrusted-text'], needed: 2 }
  const { asked } = await waitingWrite(gateway)
  expect(asked).toMatchObject({ preview, always, taint: ['untrusted-text'], votes: { given: 0, needed: 2 } })
  expect(asked.signing.always).toContain('\nalways\n')
  expect(asked.signing.always?.endsWith(`\n${always.digest}\n`)).toBe(true)
})

test('each yes of several is heard, and who joins is asked with the count as it stands', async () => {
  const gateway = await startGateway()
  gateway.agentd.question = { needed: 2 }
  const { client, asked } = await waitingWrite(gateway)
  gateway.agentd.vote(asked.approval_id, 'ann')
  expect(await client.hears('approval_vote')).toMatchObject({ by: 'ann', given: 1, needed: 2, chat_id: 'main' })
  const late = await gateway.connect()
  expect(await late.hears('approval_required')).toMatchObject({ votes: { given: 1, needed: 2 } })
  gateway.agentd.decide(asked.approval_id, 'approved', 'ann and bob')
  await client.hears('done')
  expect(await client.hears('approval_decided')).toMatchObject({ state: 'approved', by: 'ann and bob' })
})

test('a question that became void is asked anew by itself', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  gateway.agentd.decide(asked.approval_id, 'void')
  const again = await client.hears('approval_required', ({ approval_id }) => approval_id !== asked.approval_id)
  expect(again.call_id).toBe(asked.call_id)
  expect(await client.hears('approval_decided')).toMatchObject({ approval_id: asked.approval_id, state: 'void' })
  client.send({ type: 'approve', approval_id: again.approval_id })
  await client.hears('done')
  expect(await client.hears('tool_result')).toMatchObject({ ok: true })
})

test('"always" is carried with its proof, and the owner’s token is told that it says yes to one call only', async () => {
  const gateway = await startGateway()
  const always = { possible: true as const, rule: 'permit (…);', digest: '0'.repeat(64) }
  gateway.agentd.question = { always }
  const { client, asked } = await waitingWrite(gateway)
  client.send({ type: 'always', approval_id: asked.approval_id })
  const refused = await client.hears('error', ({ code }) => code === 'forbidden')
  expect(refused.message).toContain(`agentctl approve --always ${asked.approval_id}`)

  const proof = { key_id: 'opk_AAAAAAAAAAAAAAAA', signature: 'c2lnbmVk' }
  client.send({ type: 'always', approval_id: asked.approval_id, ...proof })
  await client.hears('done')
  expect(gateway.agentd.decisions.at(-1)).toEqual({ verdict: 'always', proof: { kind: 'signature', ...proof } })
})

test('the assertion of a passkey is carried as it is', async () => {
  const gateway = await startGateway()
  const { client, asked } = await waitingWrite(gateway)
  const proof = {
    key_id: 'opk_AAAAAAAAAAAAAAAA',
    assertion: { client_data: 'YQ', authenticator_data: 'Yg', signature: 'Yw' },
  }
  client.send({ type: 'approve', approval_id: asked.approval_id, ...proof })
  await client.hears('done')
  expect(gateway.agentd.decisions.at(-1)).toEqual({ verdict: 'approve', proof: { kind: 'passkey', ...proof } })
})
