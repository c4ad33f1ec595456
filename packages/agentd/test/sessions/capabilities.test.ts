import { type AgentName, type CallRequest, CapabilityListing, IncidentListing } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { asDone, otherSession, refusal, TestAgentd } from '../support/agentd.ts'
import { sessionTools } from '../support/session-tools.ts'

function start(stateDir?: string): Promise<TestAgentd> {
  return TestAgentd.start({ tools: sessionTools, ...(stateDir === undefined ? {} : { stateDir }) })
}

interface Token {
  readonly token: string
  readonly id: string
  readonly expiresAt: string
}

/** Minted as an agent does it, with a person's yes where policy asks for one. */
async function mint(
  agentd: TestAgentd,
  args: Record<string, unknown>,
  rest: Partial<CallRequest> = {},
): Promise<Token> {
  const asked = await agentd.call('capability_mint', args, rest)
  const outcome = asked.status === 'done' ? asDone(asked) : await agentd.callApproved('capability_mint', args, rest)
  if (!outcome.ok) throw new Error(outcome.summary)
  return outcome.result as Token
}

/** The code with which the minting itself failed. */
async function mintCode(
  agentd: TestAgentd,
  args: Record<string, unknown>,
  rest: Partial<CallRequest>,
): Promise<string | undefined> {
  const asked = await agentd.call('capability_mint', args, rest)
  return (asked.status === 'done' ? asDone(asked) : await agentd.callApproved('capability_mint', args, rest)).error
    ?.code
}

const reading = {
  tools: ['test_look', 'test_reach', 'capability_mint'],
  readable: ['/srv/app'],
  writable: ['/srv/app/out'],
  hosts: ['*.example.org'],
}

const inside: [string, Record<string, unknown>][] = [
  ['test_look', { path: '/srv/app/a' }],
  ['test_look', { path: '/srv/app/out/b' }],
  ['test_reach', { host: 'a.example.org' }],
]

/** A neighbour whose name begins alike, a folder above, a path that climbs, tools that are not named, hosts that are not below. */
const outside: [string, Record<string, unknown>][] = [
  ['test_look', { path: '/srv/application' }],
  ['test_look', { path: '/srv' }],
  ['test_look', { path: '/srv/app/../other' }],
  ['test_echo', {}],
  ['test_put', { path: '/srv/app/out/b', text: '' }],
  ['test_reach', { host: 'example.org' }],
  ['test_reach', { host: 'badexample.org' }],
]

test('a call with a capability stays inside what was handed on', async () => {
  const agentd = await start()
  const { token } = await mint(agentd, reading)
  for (const [tool, args] of inside) expect(asDone(await agentd.call(tool, args, { capability: token })).ok).toBe(true)
  for (const [tool, args] of outside) {
    expect([tool, args, (await refusal(agentd.call(tool, args, { capability: token }))).code]).toEqual([
      tool,
      args,
      'capability_denied',
    ])
  }
})

test('writing where only reading was handed on is denied, and on record', async () => {
  const agentd = await start()
  const { token } = await mint(agentd, { tools: ['test_put'], readable: ['/srv/app'], writable: ['/srv/app/out'] })
  const call = agentd.call('test_put', { path: '/srv/app/a', text: '' }, { capability: token })
  expect((await refusal(call)).code).toBe('capability_denied')
  expect((await agentd.story()).at(-1)).toBe('refused')
})

test('a capability is for one session and one agent', async () => {
  const agentd = await start()
  const { token } = await mint(agentd, { tools: ['test_echo'] })
  for (const rest of [{ session: otherSession }, { agent: 'other' as AgentName }]) {
    expect((await refusal(agentd.call('test_echo', {}, { capability: token, ...rest }))).code).toBe(
      'capability_mismatch',
    )
  }
  expect(asDone(await agentd.call('test_echo', {}, { capability: token })).ok).toBe(true)
})

test('a token that was changed, cut or made up is worth nothing, and is an incident', async () => {
  const agentd = await start()
  const { token } = await mint(agentd, { tools: ['test_echo'] })
  const [head = '', body = '', mac = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { rights: { tools: string[] } }
  claims.rights.tools.push('test_look')
  // The same bytes in another spelling: the last letter has two bits that mean nothing.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const twin = letters[letters.indexOf(mac.at(-1) ?? '') ^ 1] ?? ''
  const forged = [
    `${head}.${body}.${mac.slice(0, -1)}${twin}`,
    `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${mac}`,
    token.slice(0, -1),
    token.slice(1),
    `${token}A`,
    `${head}.${body}.`,
    `${head}.${body}.${'A'.repeat(43)}`,
    'cap1..',
    'x',
    '',
  ]
  for (const capability of forged) {
    expect((await refusal(agentd.call('test_echo', {}, { capability }))).code).toBe('capability_invalid')
  }
  const { incidents } = await agentd.operator.request('GET', '/v1/incidents', { schema: IncidentListing })
  expect(incidents).toMatchObject([{ class: 'policy_bypass_attempt', subject: 'main', count: forged.length }])
})

test('a key of another agentd signs nothing here', async () => {
  const [here, there] = [await start(), await start()]
  const { token } = await mint(there, { tools: ['test_echo'] })
  expect((await refusal(here.call('test_echo', {}, { capability: token }))).code).toBe('capability_invalid')
})

test('made with a capability, another one gets at most its rights, its budgets and its time', async () => {
  const agentd = await start()
  const parent = await mint(agentd, { ...reading, budgets: { tool_calls: 10 }, minutes: 5 })
  const within = { capability: parent.token }
  const child = await mint(
    agentd,
    { tools: ['test_look'], readable: ['/srv/app/part'], budgets: { tool_calls: 2 }, minutes: 60 },
    within,
  )
  expect(child.expiresAt).toBe(parent.expiresAt)
  const wider = [
    { tools: ['test_echo'] },
    { tools: ['test_look'], readable: ['/srv'] },
    { tools: ['test_look'], readable: ['/srv/app'], writable: ['/srv/app'] },
    { tools: ['test_reach'], hosts: ['example.org'] },
    { tools: ['test_reach'], hosts: ['*.org'] },
    { tools: ['test_look'], budgets: { tool_calls: 11 } },
  ]
  for (const args of wider) expect(await mintCode(agentd, args, within)).toBe('capability_widens')
})

test('a capability that may not mint makes none', async () => {
  const agentd = await start()
  const { token } = await mint(agentd, { tools: ['test_echo'] })
  const call = agentd.call('capability_mint', { tools: ['test_echo'] }, { capability: token })
  expect((await refusal(call)).code).toBe('capability_denied')
})

test('what a child spends its parents have spent', async () => {
  const agentd = await start()
  const parent = await mint(agentd, { tools: ['test_echo', 'capability_mint'], budgets: { tool_calls: 3 } })
  const child = await mint(agentd, { tools: ['test_echo'] }, { capability: parent.token })
  await agentd.call('test_echo', {}, { capability: child.token })
  await agentd.call('test_echo', {}, { capability: child.token })
  for (const { token } of [child, parent]) {
    expect(await refusal(agentd.call('test_echo', {}, { capability: token }))).toMatchObject({
      code: 'budget_exceeded',
      detail: { scope: `capability:${parent.id}` },
    })
  }
  await agentd.stop()
  const again = await start(agentd.stateDir)
  expect((await refusal(again.call('test_echo', {}, { capability: child.token }))).code).toBe('budget_exceeded')
})

test('revoked by who holds it or by the operator, it and all made of it end, also over a restart', async () => {
  const agentd = await start()
  const revocation = { schema: z.object({ id: z.string() }) }
  const parent = await mint(agentd, { tools: ['test_echo', 'capability_mint'] })
  const child = await mint(agentd, { tools: ['test_echo'] }, { capability: parent.token })
  const other = await mint(agentd, { tools: ['test_echo'] })
  await agentd.agent.request('POST', '/v1/capabilities/revocation', {
    body: { capability: parent.token },
    ...revocation,
  })
  await agentd.operator.request('POST', '/v1/capabilities/revocation', {
    body: { capability: other.id },
    ...revocation,
  })
  const refused = async (from: TestAgentd) => {
    for (const { token } of [parent, child, other]) {
      expect((await refusal(from.call('test_echo', {}, { capability: token }))).code).toBe('capability_revoked')
    }
  }
  await refused(agentd)
  const { capabilities } = await agentd.operator.request('GET', '/v1/capabilities', { schema: CapabilityListing })
  expect(capabilities.map(({ state }) => state)).toEqual(['revoked', 'revoked', 'revoked'])
  await agentd.stop()
  await refused(await start(agentd.stateDir))
})

test('nobody on agent.sock revokes by an id alone', async () => {
  const agentd = await start()
  const { id } = await mint(agentd, { tools: ['test_echo'] })
  const body = { capability: id }
  expect(
    (await refusal(agentd.agent.request('POST', '/v1/capabilities/revocation', { body, schema: z.unknown() }))).code,
  ).toBe('capability_invalid')
})

test('a token stays good over a restart, and never gets into the ledger', async () => {
  const agentd = await start()
  const { token, id } = await mint(agentd, { tools: ['test_echo'] })
  await agentd.call('test_echo', {}, { capability: token })
  await agentd.stop()
  const again = await start(agentd.stateDir)
  expect(asDone(await again.call('test_echo', {}, { capability: token })).ok).toBe(true)
  const record = JSON.stringify(await again.entries())
  expect(record).toContain(id)
  expect(record).not.toContain(token.split('.')[2])
})
