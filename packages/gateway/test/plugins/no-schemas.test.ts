import fastify from 'fastify'
import { expect, test } from 'vitest'
import { NO_SCHEMAS } from '../../src/plugins/no-schemas.ts'

test('a route with a schema of the framework’s fails the start, and others do not need one', async () => {
  const good = fastify({ schemaController: NO_SCHEMAS })
  good.get('/x', async () => ({ fine: true }))
  expect((await good.inject('/x')).json()).toEqual({ fine: true })
  for (const schema of [{ querystring: { type: 'object' } }, { response: { 200: { type: 'object' } } }]) {
    const app = fastify({ schemaController: NO_SCHEMAS })
    app.get('/x', { schema }, async () => ({}))
    await expect((async () => await app.ready())()).rejects.toThrow("schemas are zod's")
  }
})
