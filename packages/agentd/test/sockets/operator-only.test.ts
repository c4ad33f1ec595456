import { expect, test } from 'vitest'
import { z } from 'zod'
import { refusal, TestAgentd } from '../support/agentd.ts'

/** What only the operator may do; a route that is added to operator.sock belongs here. */
const operatorOnly = [
  ['POST', '/v1/undo'],
  ['POST', '/v1/sign-ins'],
  ['GET', '/v1/operators'],
  ['POST', '/v1/operators'],
  ['DELETE', '/v1/operators/opk_0123456789'],
  ['POST', '/v1/ledger/erasures'],
  ['POST', '/v1/ledger/key-rotation'],
  ['POST', '/v1/ledger/clock'],
  ['POST', '/v1/ledger/reopen'],
  ['POST', '/v1/ledger/cosign'],
  ['POST', '/v1/policy/reload'],
  ['GET', '/v1/policy/calls'],
  ['DELETE', '/v1/policy/rules/agents-read'],
  ['GET', '/v1/sessions'],
  ['POST', '/v1/sessions/mode'],
  ['POST', '/v1/sessions/taint'],
  ['GET', '/v1/budgets'],
  ['POST', '/v1/budgets/raise'],
  ['GET', '/v1/capabilities'],
  ['GET', '/v1/incidents/inc_0123456789'],
  ['POST', '/v1/incidents/inc_0123456789/containment'],
] as const

test('what is the operator’s is not there on agent.sock, whatever is sent', async () => {
  const agentd = await TestAgentd.start()
  const before = (await agentd.entries()).length
  for (const [method, path] of operatorOnly) {
    const options = { schema: z.unknown(), ...(method === 'POST' ? { body: {} } : {}) }
    const { code } = await refusal(agentd.agent.request(method, path, options))
    expect([path, ['not_found', 'method_not_allowed', 'invalid_request'].includes(code) ? 'refused' : code]).toEqual([
      path,
      'refused',
    ])
    // The same is there on operator.sock, so the list is of routes that exist.
    const error = await agentd.operator.request(method, path, options).catch((reason: { code?: string }) => reason)
    expect([path, (error as { code?: string }).code]).not.toEqual([path, 'method_not_allowed'])
  }
  expect((await agentd.entries()).length).toBeGreaterThanOrEqual(before)
})
