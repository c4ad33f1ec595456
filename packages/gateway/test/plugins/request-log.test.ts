import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger, type LogLevel } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'

const READ = '/api/v1/tools'
const WRONG = { authorization: 'Bearer cst_wrong' }

interface Line {
  readonly msg: string
  readonly request_id: string
  readonly route: string | null
  readonly status: number
  readonly ms: number
}

async function logged(level: LogLevel): Promise<{ gateway: TestGateway; lines: () => Line[] }> {
  const file = join(temporaryFolder(), 'gateway.log')
  const gateway = await startGateway({ log: createLogger({ name: 'gateway', level, file }) })
  const lines = () =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line)
      .filter(({ msg }) => msg === 'refused' || msg === 'answered')
  return { gateway, lines }
}

test('every refusal is one line of the log, under the id that the client was told, and without the query', async () => {
  const { gateway, lines } = await logged('info')
  const authorization = `Bearer ${gateway.token}`
  await gateway.ask(READ, { headers: { authorization } })
  const wrong = await gateway.ask(READ, { headers: WRONG })
  const missing = await gateway.ask('/nothing?who=me')
  const mcp = await gateway.ask('/mcp', { method: 'DELETE', headers: { authorization } })
  expect(mcp.status).toBeGreaterThanOrEqual(400)
  await gateway.stop()
  expect(lines().map(({ msg, route, status, request_id }) => [msg, route, status, request_id])).toEqual([
    ['refused', READ, 401, wrong.headers['x-request-id']],
    ['refused', null, 404, missing.headers['x-request-id']],
    ['refused', '/mcp', mcp.status, mcp.headers['x-request-id']],
  ])
  for (const { ms } of lines()) expect(ms).toBeGreaterThan(0)
  expect(JSON.stringify(lines())).not.toContain('who=me')
})

test('at level debug every answer is one as well, and a refusal no second one', async () => {
  const { gateway, lines } = await logged('debug')
  await gateway.ask(READ, { headers: { authorization: `Bearer ${gateway.token}` } })
  await gateway.ask(READ, { headers: WRONG })
  await gateway.stop()
  expect(lines().map(({ msg, status }) => [msg, status])).toEqual([
    ['answered', 200],
    ['refused', 401],
  ])
})
