import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import type { SessionId } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { asDone, otherSession, refusal, request, send, TestAgentd } from '../support/agentd.ts'

test.each([
  ['a field nobody reads', { texd: 'x' }, 'Did you mean text?'],
  ['a field nobody reads, nothing near', { zebra: 1 }, 'It takes text, nested.'],
  ['a value of another kind', { text: 7 }, 'Argument text of test_echo: must be a string.'],
  ['a field nobody reads inside another', { nested: { depht: 1, depth: 2 } }, 'Did you mean depth?'],
  ['a missing field inside another', { nested: {} }, 'Argument nested.depth of test_echo: is missing and must be'],
])('%s is invalid_arguments and named', async (_, args, sentence) => {
  const agentd = await TestAgentd.start()
  const error = await refusal(agentd.call('test_echo', args))
  expect(error.code).toBe('invalid_arguments')
  expect(error.message).toContain(sentence)
  expect(await agentd.story()).toEqual([])
})

test.each([
  ['half a surrogate pair', { text: 'a\ud800b' }, 'Argument text of test_echo: must be well-formed Unicode.'],
  ['half a surrogate pair in a name', { nested: { '\udc00': 1 } }, 'whose name is not well-formed Unicode'],
  ['a tower of arrays', { text: tower(1000) }, 'nested more than 64 levels deep'],
])('%s is invalid_arguments, because no ledger entry could hold it', async (_, args, sentence) => {
  const agentd = await TestAgentd.start()
  const error = await refusal(agentd.call('test_echo', args))
  expect(error.code).toBe('invalid_arguments')
  expect(error.message).toContain(sentence)
  expect(await agentd.story()).toEqual([])
})

test('a tool that does not exist is unknown_tool, with the nearest name', async () => {
  const agentd = await TestAgentd.start()
  const error = await refusal(agentd.call('test_ehco'))
  expect(error.code).toBe('unknown_tool')
  expect(error.message).toContain('Did you mean test_echo?')
})

test.each([
  ['no JSON', '{"call_id":', 'invalid_json', 400],
  ['no object', '[]', 'invalid_request', 400],
  ['an id of another kind', JSON.stringify({ ...request('test_echo'), call_id: 'x' }), 'invalid_request', 400],
  ['a missing session', JSON.stringify({ ...request('test_echo'), session: undefined }), 'invalid_request', 400],
  ['an agent name in capitals', JSON.stringify({ ...request('test_echo'), agent: 'Main' }), 'invalid_request', 400],
  ['an unknown field', JSON.stringify({ ...request('test_echo'), sudo: true }), 'invalid_request', 400],
  ['an oversize body', JSON.stringify(request('test_echo', { text: 'x'.repeat(256 * 1024) })), 'body_too_large', 413],
  ['arguments that are no object', JSON.stringify({ ...request('test_echo'), args: 'x' }), 'invalid_request', 400],
])('%s is refused with its code and leaves nothing in the ledger', async (_, body, code, status) => {
  const agentd = await TestAgentd.start()
  const answer = await post(join(agentd.stateDir, 'sockets/agent.sock'), body)
  expect(answer).toMatchObject({ status, envelope: { code } })
  expect(answer.envelope.message).toMatch(/[.]$/)
  expect(await agentd.story()).toEqual([])
})

test('a prototype among the arguments reaches neither tool nor ledger', async () => {
  const agentd = await TestAgentd.start()
  const whole = JSON.stringify(request('test_echo', { text: 'x' }))
  const body = whole.replace('"args":{', '"args":{"__proto__":{"text":"y"},')
  expect(await post(join(agentd.stateDir, 'sockets/agent.sock'), body)).toMatchObject({ status: 200 })
  const [, intent] = await agentd.entries()
  expect(intent?.payload).toEqual({ args: { text: 'x' } })
})

test('a session may call a tool so often in a minute, and is told when it may again', async () => {
  const agentd = await TestAgentd.start()
  await agentd.call('test_rare')
  await agentd.call('test_rare')
  const error = await refusal(agentd.call('test_rare'))
  expect(error.code).toBe('rate_limited')
  expect(error.retryAfterSeconds).toBeGreaterThan(0)
  expect(error.retryAfterSeconds).toBeLessThanOrEqual(30)
  expect(asDone(await agentd.call('test_rare', {}, { session: otherSession })).ok).toBe(true)
})

test('the operator is not limited', async () => {
  const agentd = await TestAgentd.start()
  for (let i = 0; i < 4; i += 1) expect(asDone(await agentd.operate('test_rare')).ok).toBe(true)
})

test('sixty-four calls run at once; the next is told busy and when to come again', async () => {
  const agentd = await TestAgentd.start()
  const leaving = new AbortController()
  const running = Array.from({ length: 64 }, (_, i) =>
    agentd.agent.request('POST', '/v1/calls', {
      body: request('test_endless', { ms: 60_000 }, { session: `ses_0000000${i}` as SessionId }),
      schema: undefined as never,
      signal: leaving.signal,
    }),
  )
  await expect.poll(async () => (await agentd.story()).length).toBe(64)
  const error = await refusal(agentd.call('test_echo'))
  expect(error).toMatchObject({ code: 'busy', retryAfterSeconds: 1 })
  leaving.abort()
  await Promise.allSettled(running)
  await expect.poll(async () => (await agentd.story()).length).toBe(128)
  expect(asDone(await agentd.call('test_echo')).ok).toBe(true)
})

test('the same call sent twice at once runs once', async () => {
  const agentd = await TestAgentd.start()
  const once = request('test_echo')
  const answers = await Promise.allSettled([send(agentd.agent, once), send(agentd.agent, once)])
  expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(await agentd.story()).toEqual(['intent', 'outcome'])
})

function post(
  socketPath: string,
  body: string,
): Promise<{ status: number; envelope: { code: string; message: string } }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = httpRequest({ socketPath, method: 'POST', path: '/v1/calls', headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, envelope: JSON.parse(text) }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function tower(levels: number): unknown {
  let value: unknown = []
  for (let i = 1; i < levels; i += 1) value = [value]
  return value
}
