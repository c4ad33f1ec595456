import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { agentctl } from './support/agentctl.ts'
import { childrenOf, isRunning, type RunningCastellan, start, startReady } from './support/castellan.ts'
import { openChat } from './support/chat.ts'

/** The walk of somebody who has just cloned the project: each test is a part of it, on an instance of its own. */

const newState = (): string => join(temporaryFolder(), 'state')

/** Waits until the engine thinks, so that a plain question has an answer. */
async function engineReady({ instance }: RunningCastellan): Promise<void> {
  await until('the engine is ready', async () => {
    const health = await fetch(`${instance.url}/health`)
    return health.ok && !/loading/.test(await health.text())
  })
}

test('a program gets exactly one line, and everything it names is there and closed to others', async () => {
  const castellan = await startReady(newState())
  const { instance, state } = castellan
  expect(castellan.stdout().split('\n')).toHaveLength(2)
  expect(JSON.parse(readFileSync(join(state, 'run.json'), 'utf8'))).toEqual(instance)
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
  expect(mode(state)).toBe('700')
  expect(mode(instance.tokenFile)).toBe('600')
  expect(mode(join(state, 'run.json'))).toBe('600')
  expect(mode(instance.operatorSocket)).toBe('600')
  expect(childrenOf(instance.pid).size).toBe(4)

  const children = [...childrenOf(instance.pid).values()]
  castellan.process.kill('SIGTERM')
  expect(await castellan.exited).toBe(0)
  expect(existsSync(join(state, 'run.json'))).toBe(false)
  expect(existsSync(join(state, 'lock'))).toBe(false)
  expect(readdirSync(join(state, 'sockets'))).toEqual([])
  expect(children.filter(isRunning)).toEqual([])
  expect(castellan.stdout().split('\n')).toHaveLength(2)
})

test('a person gets an address with a one-time code, where state is, and how to stop', async () => {
  const state = newState()
  const run = start(['--state', state, '--port', '0'])
  await until('it is ready', () => run.stdout().includes('Ctrl-C'))
  expect(run.stdout()).toMatch(/Page {6}http:\/\/127\.0\.0\.1:\d+\/#code=[A-Z0-9-]+\n/)
  expect(run.stdout()).toContain(`State     ${state}`)
  expect(run.stdout()).toContain(`npx agentctl --state ${state} chat`)
  const page = /http:\/\/[^\s#]+/.exec(run.stdout())?.[0] as string
  expect(await (await fetch(page)).text()).toContain('<script')
})

test('a question is answered with the machine’s real figures, written down and provable', async () => {
  const castellan = await startReady(newState())
  await engineReady(castellan)
  const chat = await openChat(castellan)
  chat.send({ type: 'chat', text: 'how full are my disks?' })
  const use = await chat.next('tool_use')
  expect(use.name).toBe('disk_usage')
  const result = await chat.next('tool_result')
  expect(result).toMatchObject({ call_id: use.call_id, name: 'disk_usage', ok: true })
  expect(result.summary).toMatch(/\d+ ?%/)
  await chat.next('done')

  const tail = await agentctl('ledger', 'tail', '--json', '--state', castellan.state)
  expect(tail.code).toBe(0)
  expect(tail.stdout).toContain('disk_usage')
  const verdict = await agentctl('verify-ledger', '--state', castellan.state)
  expect(verdict.code).toBe(0)
})

test('a change waits for a yes to exactly this call, and is taken back by its number', async () => {
  const castellan = await startReady(newState())
  const chat = await openChat(castellan)
  chat.send({ type: 'chat', text: '/call file_write {"path":"notes.txt","content":"milk\\n"}' })
  const request = await chat.next('approval_required')
  expect(request).toMatchObject({ name: 'file_write', args: { path: 'notes.txt', content: 'milk\n' } })
  const file = join(castellan.state, 'workspace', 'notes.txt')
  expect(existsSync(file)).toBe(false)

  chat.send({ type: 'approve', approval_id: request.approval_id })
  const result = await chat.next('tool_result')
  expect(result).toMatchObject({ ok: true, undo: { possible: true } })
  expect(readFileSync(file, 'utf8')).toBe('milk\n')

  const undo = await agentctl('undo', String(result.ledger_index), '--state', castellan.state)
  expect(undo.code).toBe(0)
  expect(existsSync(file)).toBe(false)
  const again = await agentctl('undo', String(result.ledger_index), '--state', castellan.state)
  expect(again.code).not.toBe(0)
})

test('one changed byte of the ledger is found', async () => {
  const state = newState()
  const castellan = await startReady(state)
  const call = await agentctl('call', 'system_info', '{}', '--state', state)
  expect(call.code).toBe(0)
  castellan.process.kill('SIGTERM')
  await castellan.exited
  expect((await agentctl('verify-ledger', '--state', state)).code).toBe(0)

  const entries = readdirSync(join(state, 'ledger'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).size > 200)
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes('system_info'))
  expect(entries.length).toBeGreaterThan(0)
  for (const path of entries) {
    const original = readFileSync(path)
    const changed = Buffer.from(original)
    const at = changed.indexOf('system_info')
    changed[at] = (changed[at] as number) ^ 1
    writeFileSync(path, changed)
    const verdict = await agentctl('verify-ledger', '--state', state)
    expect(verdict.code, `${path}: ${verdict.stdout}`).not.toBe(0)
    writeFileSync(path, original)
  }
})

test('a process that dies is started again, and said so; what it knew is still there', async () => {
  const castellan = await startReady(newState())
  const before = childrenOf(castellan.instance.pid).get('agentd') as number
  process.kill(before, 'SIGKILL')
  await until('it was started again', () => castellan.stderr().includes('agentd was started again.'))
  expect(castellan.stderr()).toMatch(/agentd ended \(signal SIGKILL\)\.[\s\S]*Its log: .*agentd\.log/)
  await until(
    'it answers',
    async () => (await agentctl('call', 'memory_usage', '{}', '--state', castellan.state)).code === 0,
  )
  expect((await agentctl('verify-ledger', '--state', castellan.state)).code).toBe(0)
  expect(childrenOf(castellan.instance.pid).get('agentd')).not.toBe(before)
})

test('when the supervisor is killed its processes follow, and the next start takes over', async () => {
  const state = newState()
  const castellan = await startReady(state)
  const children = [...childrenOf(castellan.instance.pid).values()]
  process.kill(castellan.instance.pid, 'SIGKILL')
  await until('they are gone', () => !children.some(isRunning))
  const next = await startReady(state)
  expect(next.token).toBe(castellan.token)
})

test('the same state a second time is refused with who has it and how to go on', async () => {
  const castellan = await startReady(newState())
  const second = start(['--state', castellan.state, '--port', '0', '--json'])
  expect(await second.exited).toBe(1)
  expect(second.stdout()).toBe('')
  expect(second.stderr()).toContain(
    `already running with the state in ${castellan.state} (process ${castellan.instance.pid})`,
  )
  expect(second.stderr()).toContain('--state DIR')
})

test('a taken port is refused with who has it and how to go on, and leaves nothing behind', async () => {
  const castellan = await startReady(newState())
  const { port } = new URL(castellan.instance.url)
  const state = newState()
  const second = start(['--state', state, '--port', port, '--json'])
  expect(await second.exited).toBe(1)
  const holder = childrenOf(castellan.instance.pid).get('gateway')
  expect(second.stderr()).toMatch(new RegExp(`Port ${port} is taken by .+ \\(process ${holder}\\)\\..*--port`))
  expect(existsSync(join(state, 'lock'))).toBe(false)
})

test('a mistake in config.json is refused by the process it is meant for, naming the key', async () => {
  const state = temporaryFolder()
  writeFileSync(join(state, 'config.json'), '{"gateway": {"pubilcOrigins": []}}')
  const run = start(['--state', state, '--port', '0', '--json'])
  expect(await run.exited).toBe(78)
  expect(run.stderr()).toContain('gateway.pubilcOrigins')
  // Once, and not by whoever noticed first and again by whoever gives up.
  expect(run.stderr().match(/Did you mean publicOrigins\?/g)).toHaveLength(1)
})

test('help teaches, and an argument nobody knows is refused with the nearest one', async () => {
  const help = start(['--help'])
  expect(await help.exited).toBe(0)
  expect(help.stdout()).toContain('npm start -- --state DIR')
  const slip = start(['--prot', '1'])
  expect(await slip.exited).toBe(78)
  expect(slip.stderr()).toContain('Did you mean --port?')
})
