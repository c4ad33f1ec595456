import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AgentDescription,
  AgentName,
  CastellanError,
  type EngineChoice,
  type LedgerRecordRequest,
} from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { Agents } from '../../src/agents/agents.ts'
import { quietLog } from '../support/log.ts'

const signal = new AbortController().signal
const change = { by: 'owner', signal }
const main = AgentName.parse('main')

interface Setup {
  readonly file?: unknown
  readonly testEngine?: (choice: EngineChoice) => Promise<unknown>
  readonly promptFolders?: readonly string[]
}

async function setUp({ file, testEngine = async () => undefined, promptFolders = [] }: Setup = {}) {
  const folder = temporaryFolder()
  const path = join(folder, 'agents.json')
  const write = (value: unknown) => writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  if (file !== undefined) write(file)
  const records: LedgerRecordRequest[] = []
  const append = async (record: LedgerRecordRequest) => records.push(record)
  const options = { path, promptFolders, records: { append }, testEngine, log: quietLog('agents') }
  return { folder, path, write, records, options, agents: await Agents.open(options) }
}

const file = (agents: Record<string, unknown>, rest = {}) => ({ version: 1, agents, ...rest })

test('without a file there is the built-in agent', async () => {
  const { agents } = await setUp()
  expect(agents.list().map(({ name, promptSource }) => [name, promptSource])).toEqual([['main', 'built_in']])
  expect(agents.state).toMatchObject({ digest: null, problem: null })
})

test('a chat that names nobody belongs to the default, else to main, else to the first', async () => {
  const named = await setUp({ file: file({ main: {}, watch: {} }, { default: 'watch' }) })
  expect(named.agents.default.name).toBe('watch')
  expect((await setUp({ file: file({ watch: {}, main: {} }) })).agents.default.name).toBe('main')
  expect((await setUp({ file: file({ watch: {}, night: {} }) })).agents.default.name).toBe('watch')
})

test.each([
  ['no JSON', '{"version":1,'],
  ['an unknown key', file({ main: { promt: 'x' } })],
  ['nobody', file({})],
  ['a default that is not there', file({ main: {} }, { default: 'other' })],
  ['both a prompt and a file', file({ main: { prompt: 'a', prompt_file: 'b' } })],
  ['an engine that is none', file({ main: { engine: { engine: 'gpt' } } })],
  ['a name that is none', file({ 'Main Agent': {} })],
  ['a prompt that is too long', file({ main: { prompt: 'x'.repeat(33_000) } })],
  ['another version', { version: 2, agents: { main: {} } }],
  ['an array', []],
])('a file with %s keeps the agents from before and says why', async (_what, bad) => {
  const { agents, write, records } = await setUp({ file: file({ main: { prompt: 'Before.' } }) })
  const problems: string[] = []
  agents.onProblem(({ message }) => problems.push(message))
  write(bad)
  await expect(agents.reload('owner', signal)).rejects.toMatchObject({ code: 'agents_invalid' })
  expect(agents.get('main').systemPrompt).toBe('Before.')
  expect(agents.state.problem).toContain('agents.json does not fit')
  expect(problems).toEqual([agents.state.problem])
  expect(records).toMatchObject([{ type: 'agent_config_changed', ok: false, code: 'agents_invalid', by: 'owner' }])
  write(file({ main: { prompt: 'After.' } }))
  await agents.reload(null, signal)
  expect(agents.get('main').systemPrompt).toBe('After.')
  expect(agents.state.problem).toBeNull()
  expect(records[1]).toMatchObject({ ok: true, agents: 1 })
})

test('a bad file at the start leaves the built-in agent in force, and is seen', async () => {
  const { agents } = await setUp({ file: '{' })
  expect(agents.list().map(({ name }) => name)).toEqual(['main'])
  expect(agents.state.problem).toContain('does not fit')
})

test('prompts are read from the folders for them, and nowhere else, whatever links say', async () => {
  const elsewhere = temporaryFolder()
  writeFileSync(join(elsewhere, 'secret.txt'), 'not for you')
  const shared = temporaryFolder()
  writeFileSync(join(shared, 'shared.txt'), 'You watch.')
  const { agents, folder, write } = await setUp({ promptFolders: [shared] })
  mkdirSync(join(folder, 'prompts'))
  writeFileSync(join(folder, 'prompts', 'main.txt'), 'You keep the house.\n')
  symlinkSync(join(elsewhere, 'secret.txt'), join(folder, 'prompts', 'link.txt'))
  symlinkSync(elsewhere, join(folder, 'prompts', 'folder'))
  symlinkSync(join(shared, 'shared.txt'), join(folder, 'prompts', 'fine.txt'))
  writeFileSync(join(folder, 'prompts', 'binary.txt'), Buffer.from([0xff, 0xfe, 0x00]))
  writeFileSync(join(folder, 'prompts', 'large.txt'), 'x'.repeat(40_000))
  mkdirSync(join(`${folder}/prompts-other`))
  writeFileSync(join(`${folder}/prompts-other`, 'x.txt'), 'x')
  for (const fine of ['prompts/main.txt', 'prompts/fine.txt', join(shared, 'shared.txt')]) {
    write(file({ main: { prompt_file: fine } }))
    await agents.reload(null, signal)
    expect(agents.get('main').promptSource).toBe('file')
  }
  const inForce = agents.get('main').systemPrompt
  const bad = [
    'prompts/link.txt',
    'prompts/folder/secret.txt',
    join(elsewhere, 'secret.txt'),
    'prompts/../../etc/passwd',
  ]
  const worse = [
    '/dev/zero',
    '/proc/self/environ',
    'prompts',
    'prompts/gone.txt',
    'prompts/binary.txt',
    'prompts/large.txt',
  ]
  for (const path of [...bad, ...worse, 'prompts-other/x.txt', 'a\0b', 'agents.json']) {
    write(file({ main: { prompt_file: path } }))
    await expect(agents.reload(null, signal), path).rejects.toMatchObject({ code: 'agents_invalid' })
    expect(agents.get('main').systemPrompt).toBe(inForce)
    expect(agents.state.problem).not.toContain('not for you')
  }
})

test('an agent is written into the file, which a new gateway reads the same', async () => {
  const { agents, path, options, records } = await setUp()
  const night = AgentName.parse('night-watch')
  await agents.put(night, AgentDescription.parse({ title: 'Night watch', prompt: 'You watch.' }), change)
  expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')).agents)).toEqual(['main', 'night-watch'])
  expect(records).toMatchObject([
    { type: 'agent_config_changed', agents: 2, by: 'owner', ok: true, digest: agents.state.digest },
  ])
  expect(JSON.stringify(records)).not.toContain('You watch')
  const again = await Agents.open(options)
  expect(again.get('night-watch')).toEqual(agents.get('night-watch'))
  await agents.remove(night, change)
  expect(() => agents.get('night-watch')).toThrow(/There is no agent night-watch; there are: main/)
  await expect(agents.remove(main, change)).rejects.toMatchObject({ code: 'agents_invalid' })
})

test('a change to an engine that will not do is refused and changes nothing, and others are not held up by it', async () => {
  const down = async () => {
    throw new CastellanError('engine_unsuitable', 'Nobody answers there.')
  }
  const engine: EngineChoice = { engine: 'anthropic', model: 'm' }
  const { agents, path, write } = await setUp({ testEngine: down, file: file({ main: {}, out: { engine } }) })
  const before = readFileSync(path, 'utf8')
  await expect(agents.put(main, AgentDescription.parse({ engine }), change)).rejects.toMatchObject({
    code: 'engine_unsuitable',
  })
  expect(readFileSync(path, 'utf8')).toBe(before)
  await agents.put(main, AgentDescription.parse({ prompt: 'Other words.' }), change)
  expect(agents.get('main').systemPrompt).toBe('Other words.')
  write(file({ main: { engine } }))
  await expect(agents.reload(null, signal)).rejects.toMatchObject({ code: 'engine_unsuitable' })
  expect(agents.get('main').engine).toEqual({ engine: 'llama' })
})

test('nothing is written that is not on record, and nothing over what somebody else wrote meanwhile', async () => {
  const { agents, path, write, options } = await setUp({ file: file({ main: {} }) })
  const stale = agents.state.digest ?? ''
  write(file({ main: { prompt: 'By hand.' } }))
  const description = AgentDescription.parse({ prompt: 'By program.' })
  await expect(agents.put(main, description, { ...change, ifDigest: stale })).rejects.toMatchObject({
    code: 'conflict',
  })
  const unrecorded = await Agents.open({
    ...options,
    records: { append: () => Promise.reject(new CastellanError('ledger_unavailable', 'No ledger.')) },
  })
  await expect(unrecorded.put(main, description, change)).rejects.toMatchObject({ code: 'ledger_unavailable' })
  expect(readFileSync(path, 'utf8')).toContain('By hand.')
  write('{')
  await expect(agents.put(main, description, change)).rejects.toMatchObject({ code: 'agents_invalid' })
})

test('a link to a file that is kept elsewhere is read, and never replaced', async () => {
  const elsewhere = join(temporaryFolder(), 'agents.json')
  writeFileSync(elsewhere, JSON.stringify(file({ main: { prompt: 'From the module.' } })))
  const { agents, path } = await setUp()
  symlinkSync(elsewhere, path)
  await agents.reload(null, signal)
  expect(agents.get('main').systemPrompt).toBe('From the module.')
  const description = AgentDescription.parse({ prompt: 'x' })
  await expect(agents.put(main, description, change)).rejects.toThrow(/kept elsewhere/)
})

test('changes that come at once are made one after another, and none is lost', async () => {
  const { agents } = await setUp()
  const names = Array.from({ length: 8 }, (_, at) => AgentName.parse(`agent-${at}`))
  await Promise.all(names.map((name) => agents.put(name, AgentDescription.parse({ prompt: name }), change)))
  expect(agents.list()).toHaveLength(9)
})
