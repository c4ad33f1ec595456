import { statSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerHead, LedgerPage, LedgerRecord, ProcessHealth, ToolListing } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { refusal, TestAgentd } from '../support/agentd.ts'
import { testTools } from '../support/tools.ts'

test('agent.sock is for the group, operator.sock for its owner alone', async () => {
  const agentd = await TestAgentd.start()
  const mode = (name: string) => statSync(join(agentd.stateDir, 'sockets', name)).mode & 0o777
  expect(mode('agent.sock')).toBe(0o660)
  expect(mode('operator.sock')).toBe(0o600)
})

test.each(['agent', 'operator'] as const)('health, tools and ledger are there on %s.sock', async (name) => {
  const agentd = await TestAgentd.start()
  const socket = agentd[name]
  const health = await socket.request('GET', '/v1/health', { schema: ProcessHealth })
  expect(health).toMatchObject({
    name: 'agentd',
    state: 'ready',
    detail: { ledger: { state: 'ok', size: 3 }, tools: testTools.length, calls_in_flight: 0, approvals_pending: 0 },
  })
  expect(health.detail?.policy_digest).toMatch(/^[0-9a-f]{64}$/)
  const listing = await socket.request('GET', '/v1/tools', { schema: ToolListing })
  expect(listing.tools.map((tool) => tool.name)).toContain('test_echo')
  const head = await socket.request('GET', '/v1/ledger/head', { schema: LedgerHead })
  expect(head.size).toBe(3)
})

test('ledger pages lead from newest to oldest', async () => {
  const agentd = await TestAgentd.start()
  for (let i = 0; i < 3; i += 1) await agentd.call('test_echo')
  const first = await page(agentd, 'limit=4')
  expect(first.records.map(({ entry }) => entry.index)).toEqual([8, 7, 6, 5])
  expect(first.more).toBe(true)
  const second = await page(agentd, 'limit=5&before=5')
  expect(second.records.map(({ entry }) => entry.index)).toEqual([4, 3, 2, 1, 0])
  expect(second.more).toBe(false)
  expect((await page(agentd, 'limit=3&type=outcome')).more).toBe(false)
})

test.each(['limit=0', 'limit=1001', 'limit=x', 'colour=red', 'before=-1'])(
  'a bad ledger query is refused: %s',
  async (query) => {
    const agentd = await TestAgentd.start()
    expect((await refusal(page(agentd, query))).code).toBe('invalid_request')
  },
)

test.each([
  ['9999', 'not_found'],
  ['-1', 'invalid_request'],
  ['1e3', 'invalid_request'],
  ['999999999999999999', 'invalid_request'],
])('ledger entry %s is %s', async (index, code) => {
  const agentd = await TestAgentd.start()
  const asked = agentd.agent.request('GET', `/v1/ledger/entries/${index}`, { schema: LedgerRecord })
  expect((await refusal(asked)).code).toBe(code)
})

test.each([
  ['GET', '/v1/calls', 'method_not_allowed'],
  ['GET', '/v2/tools', 'not_found'],
  ['GET', '/v1/approvals/apr_12345678?wait=31', 'invalid_request'],
  ['GET', '/v1/tools?x=1', 'invalid_request'],
] as const)('%s %s is %s', async (method, path, code) => {
  const agentd = await TestAgentd.start()
  expect((await refusal(agentd.agent.request(method, path, { schema: LedgerPage }))).code).toBe(code)
})

function page(agentd: TestAgentd, query: string): Promise<LedgerPage> {
  return agentd.agent.request('GET', `/v1/ledger/entries?${query}`, { schema: LedgerPage })
}
