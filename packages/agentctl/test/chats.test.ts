import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTree, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { agentctl } from './support/cli.ts'
import { startWithGateway } from './support/gateway.ts'

test('what was said is found, exported, kept over a restart and deleted at the command line', {
  timeout: 240_000,
}, async () => {
  const castellan = await startWithGateway()
  const ctl = async (...args: string[]) => {
    const ran = await agentctl([...args, '--state', castellan.state])
    return { ...ran, args }
  }
  expect((await ctl('chats')).stdout).toContain('There are no chats yet')
  expect(await ctl('chat', '--chat', 'disks', '/call memory_usage {}')).toMatchObject({ code: 0 })
  await castellan.restartGateway()
  expect((await ctl('chats')).stdout).toMatch(/disks +main +\S+.* +-/)
  expect(await ctl('chats', 'rename', 'disks', 'All disks')).toMatchObject({ code: 0 })
  expect((await ctl('chats', 'search', 'memory_usage')).stdout).toContain('«')
  expect(await ctl('chats', 'search', 'xylophone')).toMatchObject({ code: 1 })
  expect((await ctl('chats', 'export', 'disks')).stdout).toMatch(/^# All disks\n/)
  const lines = (await ctl('chats', 'export', 'disks', '--format', 'json')).stdout.trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).frame?.type)).toEqual([
    ...[undefined, 'asked', 'tool_use', 'tool_result', 'text', 'done'],
  ])
  expect(await ctl('chats', 'export', 'disks', '--format', 'pdf')).toMatchObject({ code: 2 })
  expect(await ctl('chats', 'rm', 'disks')).toMatchObject({ code: 0 })
  expect(await ctl('chats', 'export', 'disks')).toMatchObject({ code: 1 })
  expect(await ctl('chat', '--agent', 'Nobody Here', 'hello')).toMatchObject({ code: 2 })

  expect((await ctl('agents')).stdout).toMatch(/main +yes +llama +built-in/)
  const agents = join(castellan.state, 'gateway', 'agents.json')
  writeFileSync(agents, '{')
  expect(await ctl('agents', 'reload')).toMatchObject({ code: 1, stderr: expect.stringContaining('does not fit') })
  writeFileSync(
    agents,
    JSON.stringify({ version: 1, agents: { watch: { title: 'Night watch', prompt: 'You watch.' } } }),
  )
  expect((await ctl('agents', 'reload')).stdout).toMatch(/watch +yes +llama +inline +Night watch/)
})

test('a stolen state folder without its keys yields nothing of what was said, recalled or sent', {
  timeout: 240_000,
}, async () => {
  const castellan = await startWithGateway({ CASTELLAN_INSIGHTS: '{"local":true}' })
  const { state } = castellan
  const plant = (what: string) => `planted-${what}-${randomBytes(6).toString('hex')}`
  const planted = {
    ...{ said: plant('question'), fact: plant('fact'), title: plant('title'), name: plant('argument') },
    stored: plant('stored'),
  }
  const { said, fact, title, name, stored } = planted
  const words = Object.values(planted)
  const ctl = (...args: string[]) => agentctl([...args, '--state', state])
  await ctl('call', 'memory_store', JSON.stringify({ text: `The owner said ${fact}.`, source: 'a test' }))
  await ctl('chat', '--chat', 'private', `/call memory_recall {"about":"${fact}"}`)
  await ctl('chat', '--chat', 'private', `/call file_read {"path":"${name}"}`)
  await ctl('chat', '--chat', 'private', `tell me of ${said}`)
  // A question that waits for a person holds what it is about.
  const asking = ctl('chat', '--chat', 'private', `/call memory_store {"text":"${stored}","source":"a test"}`)
  await until('the question is there', async () => (await ctl('approvals')).stdout.includes(stored))
  await ctl('chats', 'rename', 'private', title)
  const exported = (await ctl('chats', 'export', 'private', '--format', 'json')).stdout
  for (const word of words) expect(exported).toContain(word)

  const holds = (word: string) => readTree(state).flatMap(({ path, bytes }) => (bytes.includes(word) ? [path] : []))
  for (const word of words) expect([word, holds(word)]).toEqual([word, []])
  expect(holds('CSTSEAL1')).not.toEqual([])
  expect(castellan.log()).not.toMatch(/planted-/)
  await castellan.restartGateway()
  await asking
  for (const word of words) expect([word, holds(word)]).toEqual([word, []])
})
