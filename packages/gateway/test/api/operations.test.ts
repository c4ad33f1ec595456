import { operations } from '@castellan/contracts/api'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { startGateway } from '../support/gateway.ts'

test('every operation is served, and nothing under /api/v1 is that is not described', async () => {
  // The second half is what the gateway holds itself to when it starts.
  const { app } = await startGateway()
  const missing = operations.filter(({ method, path }) => {
    return !app.hasRoute({ method, url: path.replaceAll(/\{([a-z_]+)\}/g, ':$1') })
  })
  expect(missing.map(({ id }) => id)).toEqual([])
  const undescribed = () => app.get('/api/v1/secret', () => 'x')
  expect(undescribed).toThrow()
})

test('the document is OpenAPI, and says the same as YAML and as JSON', async () => {
  const gateway = await startGateway()
  const json = await gateway.ask('/api/v1/openapi.json')
  const yaml = await gateway.ask('/api/v1/openapi.yaml')
  expect(yaml.headers['content-type']).toBe('application/yaml')
  expect(parse(yaml.text)).toEqual(json.json)
  const judged = await new Validator().validate(structuredClone(json.json))
  expect(judged.errors ?? []).toEqual([])
})

test('the page about the API names every operation, and has no script', async () => {
  const gateway = await startGateway()
  const page = await gateway.ask('/docs')
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  for (const { id } of operations) expect(page.text).toContain(`id="${id}"`)
  expect(page.text).not.toMatch(/<script|style=| on[a-z]+=/)
  const style = await gateway.ask('/docs/docs.css')
  expect([style.status, style.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8'])
})

test('the agent card is public, and knows of this machine only the address it was asked at', async () => {
  const gateway = await startGateway()
  const card = await gateway.ask('/.well-known/agent-card.json')
  expect(card.status).toBe(200)
  const urls = (card.json.supportedInterfaces as { url: string }[]).map(({ url }) => url)
  expect(urls).toEqual([`${gateway.url}/api/v1`])
})
