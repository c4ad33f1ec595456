import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Replay } from '@castellan/contracts/api'
import { expect, onTestFinished, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

/** A gateway that answers a replay with this, where agentctl looks for it; agentd and its ledger are real. */
async function replaying(status: number, answer: unknown) {
  const { state } = await startAgentd()
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const runFile = join(state, 'run.json')
  const instance = JSON.parse(readFileSync(runFile, 'utf8'))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(runFile, JSON.stringify({ ...instance, url }))
  writeFileSync(instance.tokenFile, `cst_${'t'.repeat(43)}\n`, { mode: 0o600 })
  return agentctl(['replay', '0', '--state', state])
}

const told = {
  index: 0,
  call_id: 'call_replayed0000001',
  tool: 'disk_usage',
  message: 'The model decides otherwise now.',
  recorded: null,
  replayed: null,
  before: [{ name: 'disk_usage', args: {} }],
  now: [{ name: 'memory_usage', args: {} }],
}

test.each([
  ['same', 0],
  ['different', 6],
  ['impossible', 5],
] satisfies [Replay['verdict'], number][])('a decision that is %s ends with exit code %i', async (verdict, code) => {
  expect(await replaying(200, { ...told, verdict })).toMatchObject({ code, stdout: expect.stringContaining('№ 0') })
})

test('an entry of no call is no decision that came out otherwise', async () => {
  const refused = await replaying(404, { code: 'not_found', message: 'Entry 0 is of no call.' })
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('of no call') })
})
