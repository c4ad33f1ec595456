import { fileURLToPath } from 'node:url'
import { newId } from '@castellan/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '../../src/interpreter/conversation.ts'
import { InterpreterModel } from '../../src/interpreter/model.ts'
import type { Outcome } from '../../src/interpreter/outcome.ts'
import { catalogue } from '../support/tools.ts'

const file = fileURLToPath(new URL('../../../../models/interpreter/castellan-interpreter.gguf', import.meta.url))

let model: InterpreterModel
beforeAll(async () => {
  model = await InterpreterModel.load(file, 1)
})
afterAll(async () => await model.dispose())

const said = async (text: string, past: readonly Message[] = []): Promise<Outcome> =>
  await model.interpret([...past, { role: 'user', text }], catalogue, new AbortController().signal)

function past(name: string, args: Record<string, unknown>): Message[] {
  const call_id = newId('call')
  return [
    { role: 'assistant', text: '', calls: [{ call_id, name, args }] },
    { role: 'tool', call_id, name, ok: true, summary: 'Done.', result: {}, ledger_index: 12 },
  ]
}

/** What it would do: the call it makes, or the first one it offers. */
function understood(outcome: Outcome): unknown {
  return outcome.kind === 'calls' ? outcome.calls[0] : outcome.kind === 'choices' ? outcome.choices[0] : undefined
}

describe('the built-in model', () => {
  it.each([
    ['how full are my disks?', 'disk_usage'],
    ['Which services failed?', 'service_failed'],
    ['what is listening on the network?', 'network_listeners'],
  ])('calls at once for %j', async (text, name) => {
    expect(await said(text)).toMatchObject({ kind: 'calls', calls: [{ name, args: {} }] })
  })

  it.each([
    ['show the last errors in the journal', 'journal_query', { priority: 'err' }],
    ['is nginx running?', 'service_status', { unit: 'nginx' }],
    ['delete notes.txt', 'file_delete', { path: 'notes.txt' }],
    ['show me /etc/hosts', 'file_read', { path: '/etc/hosts' }],
    ['write "buy milk and eggs" to shopping.txt', 'file_write', { path: 'shopping.txt', content: 'buy milk and eggs' }],
    ['undo 12', 'undo_apply', { index: 12 }],
  ])('takes %j for %s', async (text, name, args) => {
    expect(understood(await said(text))).toMatchObject({ name, args })
  })

  it('writes a note whose words it was not told, with a heading', async () => {
    expect(understood(await said('write a note to notes.txt in my workspace'))).toMatchObject({
      name: 'file_write',
      args: { path: 'notes.txt', content: expect.stringMatching(/^# Note of/) },
    })
  })

  it.each(["don't delete notes.txt", 'please do not undo that', 'tell me a joke about penguins', 'hello'])(
    'calls nothing for %j',
    async (text) => {
      expect((await said(text)).kind).not.toBe('calls')
    },
  )

  it.each([
    ['quotes', '"'.repeat(50_000)],
    ['letters', 'a'.repeat(200_000)],
    ['spaces', `show ${' '.repeat(100_000)}x`],
  ])('refuses a text that is far too long, and looks no further at it: %s', async (_, text) => {
    await expect(said(text)).rejects.toMatchObject({ code: 'context_full', message: /characters.*larger model/s })
  })

  it('refuses a long thing that "it" would stand for, too', async () => {
    const calls = past('file_read', { path: '('.repeat(50_000) })
    const outcome = await said('delete it', calls).catch((error: { code: string }) => error.code)
    expect(outcome).toBe('context_full')
  })

  it('takes back the act before', async () => {
    const outcome = await said('undo that', past('file_write', { path: 'notes.txt' }))
    expect(outcome).toMatchObject({ kind: 'calls', calls: [{ name: 'undo_apply', args: { index: 12 } }] })
  })

  it('understands two requests in one sentence', async () => {
    expect(await said('is nginx running and show me its log')).toMatchObject({
      kind: 'calls',
      calls: [
        { name: 'service_status', args: { unit: 'nginx' } },
        { name: 'journal_query', args: { unit: 'nginx' } },
      ],
    })
  })
})
