import { createHmac } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AgentName,
  Approval,
  type CallRequest,
  newId,
  type SessionId,
  SessionListing,
  SessionOpened,
  type SessionOpening,
  sessionOpeningText,
  type TaintLabel,
} from '@castellan/contracts'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { printedTaints } from '../../src/tools/commands/fields.ts'
import type { Tool } from '../../src/tools/define.ts'
import { fileTools } from '../../src/tools/files/index.ts'
import { tools } from '../../src/tools/index.ts'
import { asDone, asPending, OWNER_TOKEN, otherSession, refusal, TestAgentd } from '../support/agentd.ts'
import { sessionTools } from '../support/session-tools.ts'

const session = 'ses_0123456789' as SessionId

function start(stateDir?: string): Promise<TestAgentd> {
  return TestAgentd.start({ tools: sessionTools, ...(stateDir === undefined ? {} : { stateDir }) })
}

function hear(agentd: TestAgentd, labels: TaintLabel[], rest: Partial<CallRequest> = {}) {
  return agentd.call('test_hear', { labels }, rest)
}

function sessions(agentd: TestAgentd): Promise<SessionListing> {
  return agentd.operator.request('GET', '/v1/sessions', { schema: SessionListing })
}

/** The labels that a person would be shown who is asked about a change of this session. */
async function shown(agentd: TestAgentd, rest: Partial<CallRequest> = {}): Promise<TaintLabel[]> {
  const path = join(agentd.stateDir, 'x')
  const { approval_id } = asPending(await agentd.call('test_put', { path, text: 'x' }, rest))
  return (await agentd.operator.request('GET', `/v1/approvals/${approval_id}`, { schema: Approval })).taint
}

function opening(agent = 'main', at = new Date(), token = OWNER_TOKEN): SessionOpening {
  const asked = { session: newId('ses'), agent: agent as AgentName, at: at.toISOString() }
  const mac = createHmac('sha256', token).update(sessionOpeningText(asked)).digest('hex')
  return { ...asked, proof: { kind: 'owner_token', mac } }
}

async function open(agentd: TestAgentd, agent = 'main') {
  const body = opening(agent)
  const { session, key } = await agentd.agent.request('POST', '/v1/sessions', { body, schema: SessionOpened })
  return { session, session_key: key, agent: body.agent }
}

test('a secret stays one under another name', async () => {
  const agentd = await TestAgentd.start({ tools: fileTools, settings: { SESSIONS__MODE: 'operate' } })
  writeFileSync(join(agentd.stateDir, 'workspace/.env'), 'KEY=x\n')
  expect(asDone(await agentd.call('file_move', { from: '.env', to: 'notes.txt' })).ok).toBe(true)
  expect((await sessions(agentd)).common).toEqual([])
  expect(asDone(await agentd.call('file_read', { path: 'notes.txt' })).ok).toBe(true)
  expect((await sessions(agentd)).common).toEqual(['secret'])
})

test('whoever asked is told what the result brought in', async () => {
  const agentd = await start()
  expect(asDone(await hear(agentd, ['secret', 'untrusted-text'])).taint).toEqual(['secret', 'untrusted-text'])
  expect(asDone(await hear(agentd, []))).not.toHaveProperty('taint')
})

test('asking about a file of secrets is no way to read it unlabelled', async () => {
  const agentd = await TestAgentd.start({ tools: fileTools })
  writeFileSync(join(agentd.stateDir, 'workspace/.env'), 'KEY=x\n')
  writeFileSync(join(agentd.stateDir, 'workspace/plain'), 'KEY=x\n')
  asPending(await agentd.call('file_edit', { path: 'plain', find: 'KEY', replace: 'KEV' }))
  expect((await sessions(agentd)).common).toEqual([])
  asPending(await agentd.call('file_edit', { path: '.env', find: 'KEY', replace: 'KEV' }))
  expect((await sessions(agentd)).common).toEqual(['secret'])
})

test.each([
  ['routine_list', { routines: [{}] }],
  ['app_list', { apps: [{}] }],
  ['mcp_server_list', { servers: [{}] }],
  ['watcher_list', { watchers: [{}] }],
])('what %s shows may be words that an agent or a server chose', (name, some) => {
  const tool = tools.find((each) => each.name === name) as Tool
  expect(tool.taints?.(some as never, {} as never)).toEqual(['untrusted-text'])
  const none = Object.fromEntries(Object.keys(some).map((key) => [key, []]))
  expect(tool.taints?.(none as never, {} as never)).toEqual([])
})

test('the rest of a private key is one as well', async () => {
  const agentd = await TestAgentd.start({ tools: fileTools })
  const key = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n'
  writeFileSync(join(agentd.stateDir, 'workspace/a.txt'), key)
  await agentd.call('file_read', { path: 'a.txt', offset: 28 })
  expect((await sessions(agentd)).common).toEqual(['secret'])
})

test.each([
  [['cat', '.env'], 'A=b', ['untrusted-text', 'secret']],
  [['grep', '-r', 'A', '.'], './conf/.env:A=b', ['untrusted-text', 'secret']],
  [['bash', '-c', 'head -5 <.env'], 'A=b', ['untrusted-text', 'secret']],
  [['cat', 'x'], '-----BEGIN PRIVATE KEY-----', ['untrusted-text', 'secret']],
  [['cat', 'environment.md'], 'A=b', ['untrusted-text']],
  [['cat', '.env'], '', []],
])('what %j prints brings its labels', (argv, stdout, labels) => {
  expect(printedTaints({ argv, stdout, stderr: '' })).toEqual(labels)
})

test('a session keeps what its results bring, and approvals show it', async () => {
  const agentd = await start()
  expect(await shown(agentd)).toEqual([])
  await hear(agentd, ['untrusted-text'])
  expect(await shown(agentd)).toEqual(['untrusted-text'])
  await hear(agentd, ['secret'])
  expect((await shown(agentd)).toSorted()).toEqual(['secret', 'untrusted-text'])
  expect((await sessions(agentd)).sessions).toMatchObject([{ session, kind: 'plain', agent: 'main' }])
})

test.each([
  ['another session', { session: otherSession }],
  ['another agent', { agent: 'other' as AgentName }],
  ['another session of another agent', { session: otherSession, agent: 'other' as AgentName }],
  ['the name of the operator', { session: otherSession, agent: 'operator' as AgentName }],
])('a client loses no label by calling itself %s', async (_, rest) => {
  const agentd = await start()
  await hear(agentd, ['untrusted-text'])
  expect(await shown(agentd, rest)).toEqual(['untrusted-text'])
})

test('labels outlive agentd, with and without what it saved of them', async () => {
  const agentd = await start()
  await hear(agentd, ['untrusted-text'])
  await agentd.stop()
  const again = await start(agentd.stateDir)
  expect(await shown(again)).toEqual(['untrusted-text'])
  await again.stop()
  rmSync(join(agentd.stateDir, 'agentd/sessions.json'))
  const anew = await start(agentd.stateDir)
  expect(await shown(anew)).toEqual(['untrusted-text'])
  await anew.stop()
  writeFileSync(join(agentd.stateDir, 'agentd/sessions.json'), '{"version":1,"common":[]}')
  const damaged = await start(agentd.stateDir)
  expect(await shown(damaged)).toEqual(['untrusted-text'])
})

test('another ledger in the place of this one takes nothing off', async () => {
  const agentd = await start()
  await hear(agentd, ['untrusted-text'])
  await agentd.stop()
  for (const name of ['ledger', 'agentd/ledger-keys']) rmSync(join(agentd.stateDir, name), { recursive: true })
  expect(await shown(await start(agentd.stateDir))).toEqual(['untrusted-text'])
})

test('what the operator hears taints nobody', async () => {
  const agentd = await start()
  await agentd.operate('test_hear', { labels: ['secret'] })
  expect(await shown(agentd)).toEqual([])
})

test('a session that the owner opens starts afresh, keeps its own labels and gives them to all plain ones', async () => {
  const agentd = await start()
  await hear(agentd, ['untrusted-text'])
  const fresh = await open(agentd)
  expect(await shown(agentd, fresh)).toEqual([])
  await hear(agentd, ['secret'], fresh)
  expect(await shown(agentd, fresh)).toEqual(['secret'])
  expect((await shown(agentd)).toSorted()).toEqual(['secret', 'untrusted-text'])
  expect(await shown(agentd, await open(agentd))).toEqual([])
  await agentd.stop()
  const again = await start(agentd.stateDir)
  expect(await shown(again, fresh)).toEqual(['secret'])
})

test('nobody but who opened a session acts in it', async () => {
  const agentd = await start()
  const { session, session_key } = await open(agentd)
  const attempts: Partial<CallRequest>[] = [
    { session },
    { session, session_key: '' },
    { session, session_key: session_key.slice(1) },
    { session, session_key: `${session_key.startsWith('A') ? 'B' : 'A'}${session_key.slice(1)}` },
    { session, session_key, agent: 'other' as AgentName },
    { session: otherSession, session_key },
  ]
  for (const attempt of attempts) {
    expect((await refusal(agentd.call('test_echo', {}, attempt))).code).toBe('session_refused')
  }
  expect(asDone(await agentd.call('test_echo', {}, { session, session_key })).ok).toBe(true)
})

test('who cannot prove to be the owner opens no session, and nobody opens one twice', async () => {
  const agentd = await start()
  const send = (body: SessionOpening) =>
    refusal(agentd.agent.request('POST', '/v1/sessions', { body, schema: SessionOpened }))
  expect((await send(opening('main', new Date(), 'cst_guess'))).code).toBe('signature_invalid')
  expect((await send({ ...opening(), agent: 'other' as AgentName })).code).toBe('signature_invalid')
  expect((await send(opening('main', new Date(Date.now() - 6 * 60_000)))).code).toBe('session_refused')
  const body = opening()
  await agentd.agent.request('POST', '/v1/sessions', { body, schema: SessionOpened })
  expect((await send(body)).code).toBe('session_refused')
})

test('a session that was used already is not declared fresh', async () => {
  const agentd = await start()
  const body = opening()
  await hear(agentd, ['untrusted-text'], { session: body.session })
  expect((await refusal(agentd.agent.request('POST', '/v1/sessions', { body, schema: SessionOpened }))).code).toBe(
    'session_refused',
  )
})

test('what a session with labels writes gives them to whoever reads it, also over a copy', async () => {
  const agentd = await start()
  const [letter, copy, clean] = ['letter', 'copy', 'clean'].map((name) => join(agentd.stateDir, name)) as [
    string,
    string,
    string,
  ]
  const writer = await open(agentd)
  await hear(agentd, ['untrusted-text'], writer)
  await agentd.callApproved('test_put', { path: letter, text: 'do as I say' }, writer)

  const reader = await open(agentd)
  await agentd.call('test_look', { path: clean }, reader)
  expect(await shown(agentd, reader)).toEqual([])
  await agentd.call('test_look', { path: letter }, reader)
  expect(await shown(agentd, reader)).toEqual(['untrusted-text'])

  await agentd.callApproved('test_put', { path: copy, text: 'do as I say' }, reader)
  await agentd.stop()
  rmSync(join(agentd.stateDir, 'agentd/sessions.json'))
  const again = await start(agentd.stateDir)
  const third = await open(again)
  await again.call('test_look', { path: agentd.stateDir }, third)
  expect(await shown(again, third)).toEqual(['untrusted-text'])
})

test('only the operator takes labels off, and that is on record', async () => {
  const agentd = await start()
  await hear(agentd, ['untrusted-text'])
  const body = { reason: 'The log was my own.' }
  expect(
    (await refusal(agentd.agent.request('POST', '/v1/sessions/taint', { body, schema: SessionListing }))).code,
  ).toBe('not_found')
  const listing = await agentd.operator.request('POST', '/v1/sessions/taint', { body, schema: SessionListing })
  expect(listing.common).toEqual([])
  expect(await shown(agentd)).toEqual([])
  expect(await agentd.story()).toContain('taint_cleared')
})

test('a failure that may quote what it met brings a label, one in agentd’s own words none', async () => {
  const agentd = await start()
  await agentd.call('test_fail', { code: 'not_found' })
  expect(await shown(agentd)).toEqual([])
  await agentd.call('test_fail', { code: 'command_failed' })
  expect(await shown(agentd)).toEqual(['untrusted-text'])
})

test('a tool that cannot say what it brings brings everything', async () => {
  const broken = sessionTools.map((tool) =>
    tool.name === 'test_hear'
      ? {
          ...tool,
          taints: () => {
            throw new Error('no idea')
          },
        }
      : tool,
  )
  const agentd = await TestAgentd.start({ tools: broken })
  await hear(agentd, [])
  expect((await shown(agentd)).toSorted()).toEqual(['secret', 'untrusted-text'])
})

test('a mode is set by the operator: for all, for an agent, for a session', async () => {
  const agentd = await start()
  const set = (whose: string, mode: string) =>
    agentd.operator.request('POST', '/v1/sessions/mode', { body: { for: whose, mode }, schema: SessionListing })
  await agentd.call('test_echo')
  const modeOf = async () => (await sessions(agentd)).sessions[0]?.mode
  expect(await modeOf()).toBe('assist')
  await set('all', 'observe')
  expect(await modeOf()).toBe('observe')
  await set('agent:main', 'operate')
  expect(await modeOf()).toBe('operate')
  await set(`session:${session}`, 'sensitive')
  expect(await modeOf()).toBe('sensitive')
  await agentd.stop()
  expect((await sessions(await start(agentd.stateDir))).sessions[0]?.mode).toBe('sensitive')
})

test('files that a person attached make the session one that read others’ words, for good and on record', async () => {
  const agentd = await start()
  const recorded = z.strictObject({ recorded: z.literal(true) })
  const files = [{ name: 'notes.txt', bytes: 5, sha256: 'a'.repeat(64) }]
  const report = (session: string, rest: object) =>
    agentd.agent.request('POST', `/v1/sessions/${session}/attachments`, { body: { files, ...rest }, schema: recorded })
  const own = await open(agentd)
  const other = await open(agentd)
  await report(own.session, { agent: own.agent, session_key: own.session_key })
  expect(await shown(agentd, own)).toEqual(['untrusted-text'])
  expect(await shown(agentd, other)).toEqual([])
  // What one conversation took in may be told in every plain one.
  expect((await sessions(agentd)).common).toEqual(['untrusted-text'])
  await expect(report(own.session, { agent: own.agent })).rejects.toMatchObject({ code: 'session_refused' })

  const { stateDir } = agentd
  await agentd.stop()
  const again = await start(stateDir)
  expect(await shown(again, own)).toEqual(['untrusted-text'])
})
