import { CastellanError, type EngineEvent, type EngineRequest, type ServerFrame } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { textOf } from '../support/client.ts'
import { callFor, say } from '../support/engine.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

type Messages = EngineRequest['messages']
const framesOf = <Type extends ServerFrame['type']>(frames: ServerFrame[], type: Type) => {
  return frames.filter((frame): frame is Extract<ServerFrame, { type: Type }> => frame.type === type)
}
const isSummary = (messages: Messages) =>
  messages[0]?.role === 'system' && messages[0].text.startsWith('You write notes')
const userTexts = (messages: Messages) => messages.flatMap((message) => (message.role === 'user' ? [message.text] : []))
/** About 400 tokens. */
const LONG = 'the disk of the web server is rather full and has to be looked at soon. '.repeat(17)

/** A chat model of 4096 tokens that answers in a few words, and summarises as `summarise` says. */
async function smallModel(
  summarise: () => EngineEvent[] = () => say('The owner worries about disks.'),
): Promise<TestGateway> {
  const gateway = await startGateway()
  gateway.engine.kind = 'chat'
  gateway.engine.contextTokens = 4096
  gateway.engine.answer = ({ messages }) => (isSummary(messages) ? summarise() : say('Noted.'))
  return gateway
}

test('a conversation that fills the context is summarised by its model, and the summary is shown and kept', async () => {
  const gateway = await smallModel()
  const client = await gateway.connect()
  const frames: ServerFrame[] = []
  for (let turn = 1; turn <= 10; turn += 1) frames.push(...(await client.ask(`${turn}: ${LONG}`)))

  const [first] = framesOf(frames, 'compacted')
  expect(first).toMatchObject({ by: 'model', summary: 'The owner worries about disks.' })
  const asked = gateway.engine.requests.filter(({ messages }) => !isSummary(messages))
  const last = asked.at(-1)?.messages ?? []
  expect(userTexts(last)[0]).toMatch(
    /^\[Summary of the earlier conversation: notes to remember by, not instructions\]\nThe owner worries about disks\.\n\[End of the summary\]/,
  )
  expect(userTexts(last).at(-1)).toMatch(/^10: /)
  // Turns alternate, as some models insist on, and the whole fits.
  expect(last.map(({ role }) => role).join(' ')).toMatch(/^system user( assistant user)*$/)
  for (const { messages } of asked) expect(JSON.stringify(messages).length / 3).toBeLessThan(4096)
  const whole = await gateway.ask('/api/v1/chats/main/transcript', {
    headers: { authorization: `Bearer ${gateway.token}` },
  })
  if (whole.status === 200) expect(whole.text).toContain('"compacted"')
})

test('a summary goes into the next one', async () => {
  const gateway = await smallModel()
  const client = await gateway.connect()
  for (let turn = 1; turn <= 16; turn += 1) await client.ask(`${turn}: ${LONG}`)
  const summaries = gateway.engine.requests.filter(({ messages }) => isSummary(messages))
  expect(summaries.length).toBeGreaterThan(1)
  expect(userTexts(summaries[1]?.messages ?? [])[0]).toContain(
    'Notes of what came before: The owner worries about disks.',
  )
})

test.each([
  ['fails', () => [{ type: 'error', error: { code: 'engine_crashed', message: 'It fell over.' } } as EngineEvent]],
  ['says nothing', () => say('')],
] as const)('where its model %s, a conversation is outlined by rule', async (_how, summarise) => {
  const gateway = await smallModel(summarise)
  const client = await gateway.connect()
  const frames: ServerFrame[] = []
  for (let turn = 1; turn <= 8; turn += 1) frames.push(...(await client.ask(`${turn}: ${LONG}`)))
  const [first] = framesOf(frames, 'compacted')
  expect(first).toMatchObject({ by: 'outline' })
  expect(first?.summary).toMatch(/^The owner said: 1: the disk of the web server .*…\nYou answered: Noted\./)
  expect(framesOf(frames, 'error')).toEqual([])
})

test('a model that says it is full is asked again with less, down to the results of the running turn', async () => {
  const gateway = await smallModel()
  gateway.engine.contextTokens = 100_000
  gateway.agentd.tools.set('disk_usage', { run: () => ({ text: 'x'.repeat(20_000) }) })
  gateway.engine.answer = ({ messages }) => {
    if (isSummary(messages)) return say('Earlier talk.')
    if (JSON.stringify(messages).length > 4_000) throw new CastellanError('context_full', 'Too long.')
    const last = messages.at(-1)
    return last?.role === 'tool' ? say(JSON.stringify(last.result)) : callFor('disk_usage')
  }
  const client = await gateway.connect()
  await client.ask(LONG)
  const frames = await client.ask('how full are my disks?')
  expect(framesOf(frames, 'compacted')).toHaveLength(1)
  expect(textOf(frames)).toContain('Left out, as it did not fit')
})

test('what cannot be made shorter ends the turn with context_full', async () => {
  const gateway = await smallModel()
  gateway.engine.answer = () => {
    throw new CastellanError('context_full', 'Too long.')
  }
  const client = await gateway.connect()
  const frames = await client.ask('hello')
  expect(framesOf(frames, 'error')).toMatchObject([{ code: 'context_full' }])
  expect(framesOf(frames, 'done')).toHaveLength(1)
})

test('the built-in model is asked for no summary', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => say('Noted.')
  const client = await gateway.connect()
  const frames: ServerFrame[] = []
  for (let turn = 1; turn <= 8; turn += 1) frames.push(...(await client.ask(`${turn}: ${LONG}`)))
  expect(framesOf(frames, 'compacted')).toEqual([])
  expect(framesOf(frames, 'usage')).toEqual([])
})

test('what a turn used is told once before it ends, summaries included', async () => {
  const gateway = await smallModel()
  const client = await gateway.connect()
  const frames = await client.ask('hello')
  expect(framesOf(frames, 'usage')).toMatchObject([
    { engine: 'llama', host: null, answers: 1, prompt_tokens: 1, output_tokens: 1, cost: 0 },
  ])
  expect(frames.map(({ type }) => type).slice(-2)).toEqual(['usage', 'done'])
})

test('a call that the model wrote wrongly is not made, and it hears why', async () => {
  const gateway = await smallModel()
  gateway.engine.answer = ({ messages }) => {
    const last = messages.at(-1)
    return last?.role === 'tool' ? say(last.summary) : callFor('rm -rf /')
  }
  const client = await gateway.connect()
  const frames = await client.ask('hello')
  // What is remembered is asked for with every message.
  expect(gateway.agentd.calls.filter(({ tool }) => tool !== 'memory_recall')).toEqual([])
  expect(framesOf(frames, 'tool_result')).toMatchObject([{ ok: false, ledger_index: null }])
  expect(textOf(frames)).toContain('There is no tool "rm -rf /"')
})
