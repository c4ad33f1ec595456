import { CastellanError, newId, type ToolDescriptor, ToolName } from '@castellan/contracts'
import type {
  CredentialFault,
  CredentialWish,
  EngineCredential,
  EngineCredentials,
} from '../../../src/engines/credentials.ts'
import type { AnswerEvent, ModelRequest } from '../../../src/engines/engine.ts'
import type { Sender } from '../../../src/engines/remote/remote.ts'
import type { OutboundInit } from '../../../src/outbound/outbound.ts'

/** Sends as the airlock would, without one. */
export class DirectSender implements Sender {
  readonly sent: { url: string; init: OutboundInit }[] = []

  async fetch(url: string, init: OutboundInit, { signal }: { readonly signal?: AbortSignal }): Promise<Response> {
    this.sent.push({ url, init })
    const { method = 'GET', headers = {}, body, redirect = 'follow' } = init
    try {
      return await fetch(url, {
        method,
        headers,
        redirect,
        ...(body === undefined ? {} : { body: body as string }),
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (cause) {
      if (signal?.aborted === true) throw cause
      throw new CastellanError('egress_failed', 'The host could not be reached.', {
        cause,
        detail: { stage: 'connect', sent: false },
      })
    }
  }
}

/** A credential store in memory. */
export class FakeCredentials implements EngineCredentials {
  readonly failures: { id: string; fault: CredentialFault; retryAfterSeconds: number | undefined }[] = []
  readonly #all: readonly EngineCredential[]

  constructor(...all: readonly Partial<EngineCredential>[]) {
    this.#all = all.map((one, position) => ({
      ...{ id: `cred_number${position}x`, label: `key ${position}`, auth: 'api_key' as const, baseUrl: null },
      secret: `sk-test-secret-${position}`,
      ...one,
    }))
  }

  async pick(wish: CredentialWish, except: ReadonlySet<string> = new Set()): Promise<EngineCredential> {
    const found = this.#all.find(({ id }) => {
      return wish.credential === undefined ? !except.has(id) : id === wish.credential
    })
    if (found === undefined) throw new CastellanError('credential_missing', 'There is no credential. Add one.')
    return found
  }

  async failed(id: string, fault: CredentialFault, retryAfterSeconds?: number): Promise<void> {
    this.failures.push({ id, fault, retryAfterSeconds })
  }
}

export const diskUsage: ToolDescriptor = {
  name: ToolName.parse('disk_usage'),
  title: 'Disk usage',
  description: 'How full file systems are.',
  effect: 'read',
  undo: 'none',
  limits: { timeoutMs: 1000, outputBytes: 1000, perMinute: 60 },
  inputSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { path: { type: 'string' } },
  },
  outputSchema: { type: 'object' },
}

export const hello: ModelRequest = {
  messages: [
    { role: 'system', text: 'You keep a server.' },
    { role: 'user', text: 'How full are my disks?' },
  ],
  tools: [diskUsage],
}

const call_id = newId('call')
/** A conversation in the middle of a turn: a call, its result, and what was said before. */
export const midTurn: ModelRequest = {
  messages: [
    { role: 'system', text: 'You keep a server.' },
    { role: 'user', text: 'Hello.' },
    { role: 'assistant', text: 'Hello. What is it?', calls: [] },
    { role: 'user', text: 'How full are my disks?' },
    { role: 'assistant', text: '', calls: [{ call_id, name: 'disk_usage', args: { path: '/' } }] },
    { role: 'tool', call_id, name: 'disk_usage', ok: true, summary: '42% full', result: { used: 42 }, ledger_index: 7 },
  ],
  tools: [diskUsage],
}

export async function collect(events: AsyncIterable<AnswerEvent>): Promise<AnswerEvent[]> {
  const all: AnswerEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

/** What was said, with pieces that follow each other joined. */
export function textOf(events: readonly AnswerEvent[], type: 'text' | 'reasoning' = 'text'): string {
  return events.flatMap((event) => (event.type === type ? [event.text] : [])).join('')
}

export function doneOf(events: readonly AnswerEvent[]): Extract<AnswerEvent, { type: 'done' }> {
  const done = events.at(-1)
  if (done?.type !== 'done') throw new Error(`no done at the end, but ${JSON.stringify(done)}`)
  return done
}

export function callsOf(events: readonly AnswerEvent[]): Extract<AnswerEvent, { type: 'tool_call' }>[] {
  return events.filter((event) => event.type === 'tool_call')
}

export const running = () => new AbortController().signal
