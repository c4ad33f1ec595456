import { GatewayHealth } from '@castellan/contracts'
import { defineOperation, getHealth } from '@castellan/contracts/api'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { serve } from '../../src/api/serve.ts'
import { addErrorEnvelopes } from '../../src/plugins/errors.ts'
import { startGateway } from '../support/gateway.ts'

const rename = defineOperation({
  id: 'renameThing',
  method: 'PATCH',
  path: '/api/v1/things/{thing_id}',
  tag: 'things',
  summary: 'Renames a thing',
  scope: 'public',
  params: z.strictObject({ thing_id: z.string().max(8) }),
  query: z.strictObject({ loud: z.enum(['yes', 'no']).default('no') }),
  body: z.strictObject({ name: z.string() }),
  status: 201,
  answer: z.strictObject({ id: z.string(), name: z.string() }),
  errors: [],
  example: {},
})

function thingServer(checksAnswers: boolean, answer?: object) {
  const app = fastify()
  app.decorateRequest('caller', null)
  app.decorate('checksAnswers', checksAnswers)
  addErrorEnvelopes(app)
  serve(app, rename, ({ params, query, body }) => {
    const name = query.loud === 'yes' ? body.name.toUpperCase() : body.name
    return (answer ?? { id: params.thing_id, name }) as { id: string; name: string }
  })
  return app
}

test('the parts of a request reach the operation checked and with their defaults', async () => {
  const app = thingServer(true)
  const { statusCode, body } = await app.inject({ method: 'PATCH', url: '/api/v1/things/t1', payload: { name: 'a' } })
  expect([statusCode, JSON.parse(body)]).toEqual([201, { id: 't1', name: 'a' }])
  const loud = await app.inject({ method: 'PATCH', url: '/api/v1/things/t1?loud=yes', payload: { name: 'a' } })
  expect(loud.json()).toEqual({ id: 't1', name: 'A' })
})

test.each([
  ['/api/v1/things/far-too-long', { name: 'a' }, 'The address'],
  ['/api/v1/things/t1?volume=11', { name: 'a' }, 'The query'],
  ['/api/v1/things/t1', { name: 'a', colour: 'red' }, 'The body'],
  ['/api/v1/things/t1', null, 'The body'],
])('what does not fit is refused, and the refusal says which part: %s', async (url, payload, part) => {
  const answer = await thingServer(true).inject({ method: 'PATCH', url, payload: payload ?? undefined })
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_request'])
  expect(answer.json().message).toContain(part)
})

test('an answer that is not as described is found where answers are checked', async () => {
  const wrong = { id: 't1' }
  const ask = { method: 'PATCH', url: '/api/v1/things/t1', payload: { name: 'a' } } as const
  expect((await thingServer(true, wrong).inject(ask)).statusCode).toBe(500)
  expect((await thingServer(false, wrong).inject(ask)).statusCode).toBe(201)
})

test('health answers without a credential', async () => {
  const gateway = await startGateway()
  const answer = await gateway.ask(getHealth.path)
  expect(answer.status).toBe(200)
  expect(GatewayHealth.parse(answer.json).status).toBe('ok')
})
