import { newId } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import type { ReadRequest } from '../../src/interpreter/candidates.ts'
import type { Message } from '../../src/interpreter/conversation.ts'
import type { RawValue, Reading } from '../../src/interpreter/decode.ts'
import { interpret } from '../../src/interpreter/interpret.ts'
import type { Outcome } from '../../src/interpreter/outcome.ts'
import { catalogue } from '../support/tools.ts'

/** A reading as a model would give it: values in quotes are marked in the text, others are the format's own. */
interface Scripted {
  readonly tool: string
  readonly args?: Readonly<Record<string, string | number>>
  readonly probability?: number
}

/** A model that knows these requests and takes everything else for none of its business. */
function knows(script: Readonly<Record<string, Scripted | readonly Scripted[]>>): ReadRequest {
  return async (text, offered, count) => {
    const known = script[text] ?? []
    const readings = (Array.isArray(known) ? known : [known])
      .map((scripted: Scripted) => asReading(text, scripted))
      .filter(({ tool }) => offered.has(tool))
    const sum = readings.reduce((total, { toolProbability }) => total + toolProbability, 0)
    return { none: 1 - sum, readings: readings.slice(0, count), answerTokens: 3 }
  }
}

function asReading(text: string, { tool, args = {}, probability = 0.99 }: Scripted): Reading {
  const values = Object.entries(args).map(([name, value]): [string, RawValue] => {
    const start = typeof value === 'string' ? text.indexOf(value) : -1
    return [
      name,
      start === -1
        ? { kind: 'value', value }
        : { kind: 'span', type: 'string', start, end: start + String(value).length },
    ]
  })
  return { tool, args: new Map(values), probability, toolProbability: probability, places: new Map() }
}

const user = (text: string): Message => ({ role: 'user', text })

/** A call and its outcome, as the conversation holds them. */
function called(
  name: string,
  args: Record<string, unknown>,
  result: unknown = {},
  ledgerIndex: number | null = 7,
): Message[] {
  const call_id = newId('call')
  return [
    { role: 'assistant', text: '', calls: [{ call_id, name, args }] },
    { role: 'tool', call_id, name, ok: true, summary: `${name} went well.`, result, ledger_index: ledgerIndex },
  ]
}

function interpreted(messages: readonly Message[], script: Parameters<typeof knows>[0]): Promise<Outcome> {
  return interpret({
    messages,
    tools: catalogue,
    gate: 0.8,
    read: knows(script),
    now: new Date('2026-11-21T09:30:00Z'),
  })
}

const calls = (...list: readonly [name: string, args?: Record<string, unknown>][]) => ({
  kind: 'calls',
  calls: list.map(([name, args = {}]) => expect.objectContaining({ name, args })),
})

describe('a request', () => {
  it('the model is sure of becomes its call', async () => {
    const outcome = await interpreted([user('how full are my disks?')], {
      'how full are my disks?': { tool: 'disk_usage' },
    })
    expect(outcome).toEqual(calls(['disk_usage']))
  })

  it('the model is not sure of is offered instead, likeliest first', async () => {
    const outcome = await interpreted([user('clean it up')], {
      'clean it up': [
        { tool: 'trash_list', probability: 0.5 },
        { tool: 'disk_usage', probability: 0.3 },
        { tool: 'memory_usage', probability: 0.01 },
      ],
    })
    expect(outcome).toMatchObject({
      kind: 'choices',
      choices: [
        { name: 'trash_list', label: 'Trash list', confidence: 0.5 },
        { name: 'disk_usage', label: 'Disk usage' },
      ],
    })
  })

  it('is made from the gate of the model on, and offered below it', async () => {
    const reading = (probability: number) => ({
      'rm file': { tool: 'file_delete', args: { path: 'file' }, probability },
    })
    expect(await interpreted([user('rm file')], reading(0.8))).toEqual(calls(['file_delete', { path: 'file' }]))
    expect(await interpreted([user('rm file')], reading(0.79))).toMatchObject({
      kind: 'choices',
      choices: [{ name: 'file_delete', label: 'File delete: file' }],
    })
  })

  it.each([
    ['tell me a joke', /You can ask, for example: "how full are my disks\?".*npm start -- --model FILE\.gguf/],
    ['hello', /^Hello\. You can ask/],
    ['thanks!', /^You are welcome\.$/],
    ['stop everything!', /“Stop agents” at the top of the page/],
    ['stop all agents now', /npx agentctl panic/],
    ['what can you do?', /^I turn requests into this server's tools.*"how full are my disks\?"/],
    ['   ', /You can ask/],
  ])('no tool serves is answered with what can be asked: %j', async (text, sentence) => {
    expect(await interpreted([user(text)], {})).toEqual({ kind: 'text', text: expect.stringMatching(sentence) })
  })

  it('that lacks what the tool cannot do without is asked about', async () => {
    const outcome = await interpreted([user('is the service up')], { 'is the service up': { tool: 'service_status' } })
    expect(outcome).toMatchObject({ kind: 'text', text: expect.stringMatching(/^Which service do you mean\?/) })
  })

  it('to write a note without words gets a dated heading, and says so', async () => {
    const outcome = await interpreted([user('write a note to notes.txt in my workspace')], {
      'write a note to notes.txt in my workspace': { tool: 'file_write', args: { path: 'notes.txt' } },
    })
    expect(outcome).toMatchObject({
      ...calls(['file_write', { path: 'notes.txt', content: '# Note of 2026-11-21 09:30 UTC\n' }]),
      note: expect.stringMatching(/^You did not say what the note should contain/),
    })
  })
})

describe('a forbidden act', () => {
  it.each(["don't delete notes.txt", 'please do not delete notes.txt', 'never ever delete notes.txt'])(
    'is not done, however sure the model is: %j',
    async (text) => {
      const sure = { tool: 'file_delete', args: { path: 'notes.txt' } }
      const outcome = await interpreted([user(text)], { [text]: sure, 'delete notes.txt': sure })
      expect(outcome).toEqual({ kind: 'text', text: expect.stringMatching(/was not done/) })
    },
  )

  it('leaves room for what is asked besides', async () => {
    const outcome = await interpreted([user("don't delete notes.txt, just show it")], {
      'just show it': { tool: 'file_read', args: { path: 'it' } },
    })
    expect(outcome).toEqual(calls(['file_read', { path: 'notes.txt' }]))
  })

  it('is not done under another wording of the rest either', async () => {
    const outcome = await interpreted([user("don't delete notes.txt, i mean it really")], {
      'i mean it really': { tool: 'file_delete', args: { path: 'notes.txt' } },
    })
    expect(outcome).toEqual({ kind: 'text', text: expect.stringMatching(/was not done/) })
  })

  it('does not keep another act from being done', async () => {
    const outcome = await interpreted([user("don't empty old.log, delete it")], {
      'delete it': { tool: 'file_delete', args: { path: 'it' } },
    })
    expect(outcome).toEqual(calls(['file_delete', { path: 'old.log' }]))
  })

  it('is not on offer where it is only denied', async () => {
    const text = 'make sure notes.txt is not deleted'
    const outcome = await interpreted([user(text)], { [text]: { tool: 'file_delete', args: { path: 'notes.txt' } } })
    expect(outcome).toMatchObject({ kind: 'text' })
  })
})

describe('several requests in one sentence', () => {
  const script = {
    'is nginx up': { tool: 'service_status', args: { unit: 'nginx' } },
    'show me its log': { tool: 'journal_query', args: { unit: 'its' } },
    'list the disks': { tool: 'disk_usage', probability: 0.3 },
  }

  it('become several calls in order, the later ones pointing at the earlier', async () => {
    expect(await interpreted([user('is nginx up and show me its log')], script)).toEqual(
      calls(['service_status', { unit: 'nginx' }], ['journal_query', { unit: 'nginx' }]),
    )
  })

  it.each([
    ['show me the swap and show me the memory', 'memory_usage', 'memory_usage'],
    ['check the load and check the box', 'system_health', 'system_health'],
  ])('are one request when they come to the same: %j', async (text, first, second) => {
    const [one = '', two = ''] = text.split(' and ')
    const outcome = await interpreted([user(text)], {
      [one]: { tool: first },
      [two]: { tool: second },
      [text]: { tool: first },
    })
    expect(outcome).toEqual(calls([first]))
  })

  it('are one request when its values stand in both halves', async () => {
    const text = 'open a.conf and change x to y'
    const outcome = await interpreted([user(text)], {
      'open a.conf': { tool: 'file_read', args: { path: 'a.conf' } },
      'change x to y': { tool: 'file_edit', args: { find: 'x', replace: 'y' } },
      [text]: { tool: 'file_edit', args: { path: 'a.conf', find: 'x', replace: 'y' } },
    })
    expect(outcome).toEqual(calls(['file_edit', { path: 'a.conf', find: 'x', replace: 'y' }]))
  })

  it('are read as one sentence when one of them is not sure', async () => {
    const whole = 'is nginx up and list the disks'
    const outcome = await interpreted([user(whole)], {
      ...script,
      [whole]: { tool: 'service_status', args: { unit: 'nginx' } },
    })
    expect(outcome).toEqual(calls(['service_status', { unit: 'nginx' }]))
  })
})

describe('a reference', () => {
  it.each([
    [
      'undo that',
      { tool: 'undo_apply' },
      called('file_write', { path: 'a.txt' }, {}, 12),
      ['undo_apply', { index: 12 }],
    ],
    [
      'restore it',
      { tool: 'trash_restore', args: { path: 'it' } },
      called('file_delete', { path: 'old.log' }),
      ['trash_restore', { path: 'old.log' }],
    ],
    [
      'delete that file',
      { tool: 'file_delete', args: { path: 'that file' } },
      called('file_read', { path: 'x.conf' }),
      ['file_delete', { path: 'x.conf' }],
    ],
    [
      'show its log',
      { tool: 'journal_query' },
      called('service_status', { unit: 'nginx' }),
      ['journal_query', { unit: 'nginx' }],
    ],
    [
      'read the second one',
      { tool: 'file_read' },
      called('directory_list', { path: '/etc' }, { entries: [{ name: 'a' }, { name: 'b' }] }),
      ['file_read', { path: '/etc/b' }],
    ],
    [
      'what about the last one',
      { tool: 'service_status' },
      called('service_failed', {}, { services: [{ unit: 'a.service' }, { unit: 'b.service' }] }),
      ['service_status', { unit: 'b.service' }],
    ],
    ['how full are the disks', { tool: 'disk_usage' }, called('file_read', { path: 'a.txt' }), ['disk_usage', {}]],
  ] as const)('%j is resolved from the conversation', async (text, reading, past, [name, args]) => {
    const outcome = await interpreted([...past, user(text)], { [text]: reading as Scripted })
    expect(outcome).toEqual(calls([name, args]))
  })

  it('to an act that was undone already goes to the one before', async () => {
    const past = [...called('file_write', { path: 'a' }, {}, 3), ...called('file_write', { path: 'b' }, {}, 5)]
    const undone = called('undo_apply', { index: 5 }, {}, 8)
    const outcome = await interpreted([...past, ...undone, user('undo that')], { 'undo that': { tool: 'undo_apply' } })
    expect(outcome).toEqual(calls(['undo_apply', { index: 3 }]))
  })

  it('counts by how sure the tool is, not the word that points', async () => {
    const outcome = await interpret({
      messages: [...called('file_read', { path: 'x.conf' }), user('delete it')],
      tools: catalogue,
      gate: 0.8,
      now: new Date(),
      read: async (text) => {
        const args = new Map([
          ['path', { kind: 'span' as const, type: 'string' as const, start: text.indexOf('it'), end: text.length }],
        ])
        return {
          none: 0,
          readings: [
            {
              tool: 'file_delete',
              args,
              probability: 0.5,
              toolProbability: 0.97,
              places: new Map([['path', { start: 0.7, part: 0.7, extent: 0.75 }]]),
            },
          ],
          answerTokens: 3,
        }
      },
    })
    expect(outcome).toEqual(calls(['file_delete', { path: 'x.conf' }]))
  })

  it('to nothing is asked about', async () => {
    const outcome = await interpreted([user('delete it')], {
      'delete it': { tool: 'file_delete', args: { path: 'it' } },
    })
    expect(outcome).toMatchObject({ kind: 'text', text: expect.stringMatching(/^Which file or folder/) })
  })
})

describe('a message that only makes sense after the one before', () => {
  const unsure = {
    'clean it up': [
      { tool: 'trash_list', probability: 0.5 },
      { tool: 'disk_usage', probability: 0.3 },
    ],
    'is the service up': { tool: 'service_status' },
  }
  const after = async (question: string, ...answers: string[]): Promise<Outcome> => {
    const outcome = await interpreted([user(question)], unsure)
    const said: Message = { role: 'assistant', text: outcome.kind === 'calls' ? '' : outcome.text, calls: [] }
    return await interpreted([user(question), said, ...answers.map(user)], unsure)
  }

  it.each([
    ['2', 'disk_usage'],
    ['the first one', 'trash_list'],
    ['last', 'disk_usage'],
  ])('%j takes that reading of the list', async (answer, tool) => {
    expect(await after('clean it up', answer)).toEqual(calls([tool]))
  })

  it('"3" of two readings is nothing', async () => {
    expect(await after('clean it up', '3')).toMatchObject({ kind: 'text' })
  })

  it.each(['nginx', 'the nginx one', 'i mean nginx, please'])('%j answers what was asked', async (answer) => {
    expect(await after('is the service up', answer)).toEqual(calls(['service_status', { unit: 'nginx' }]))
  })

  it('that is a request of its own is read as one', async () => {
    expect(await after('is the service up', 'how full are the disks')).toMatchObject({ kind: 'text' })
  })
})

describe('after tool results', () => {
  it("the answer is the tools' own summaries, in order", async () => {
    const messages = [user('both'), ...called('disk_usage', {}), ...called('memory_usage', {})]
    expect(await interpreted(messages, {})).toEqual({
      kind: 'text',
      text: 'disk_usage went well.\n\nmemory_usage went well.',
    })
  })
})

describe('a request that points at something', () => {
  it('is read with its name, even where the bare words mean something else', async () => {
    const script = {
      'stop it': { tool: 'system_health' },
      'stop nginx': { tool: 'service_status', args: { unit: 'nginx' } },
    }
    const past = called('service_status', { unit: 'nginx' })
    expect(await interpreted([...past, user('stop it')], script)).toEqual(calls(['service_status', { unit: 'nginx' }]))
    expect(await interpreted([user('stop it')], script)).toEqual(calls(['system_health']))
  })
})
