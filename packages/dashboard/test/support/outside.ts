import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { until } from '@castellan/testing'
import type { Castellan } from './castellan.ts'

const AIRLOCK = fileURLToPath(new URL('../../../airlock/src/main.ts', import.meta.url))
const START_MS = 60_000

export interface Asked {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A real airlock that lets requests out to one server on this machine, which plays a provider of models and a site. */
export interface Outside {
  /** `localhost:PORT`, as the airlock's list has it. */
  readonly host: string
  readonly baseUrl: string
  /** Without those for the list of models. */
  readonly asked: readonly Asked[]
  /** What the provider answers with; another status makes it fail. */
  answer: { status: number; type: string; pieces: readonly string[] }
  stop(): Promise<void>
}

/** The wire format of OpenAI's streamed chat completions, with these words as deltas. */
export function streamOf(...words: readonly string[]): string[] {
  const chunk = (delta: unknown, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'far-1', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  const usage = { prompt_tokens: 412, completion_tokens: 96, total_tokens: 508 }
  return [
    ...words.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'far-1', choices: [], usage })}\n\n`,
    'data: [DONE]\n\n',
  ]
}

export async function startOutside(castellan: Castellan): Promise<Outside> {
  const asked: Asked[] = []
  const outside = {
    answer: { status: 200, type: 'text/event-stream', pieces: streamOf('It is ', 'fine.') as readonly string[] },
  }
  const server = createServer((request, response) => {
    void answer(request, response)
  })
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const { url = '', headers } = request
    if (url === '/v1/models') {
      response.writeHead(200, { 'content-type': 'application/json' })
      return response.end(JSON.stringify({ object: 'list', data: [{ id: 'far-1', object: 'model' }] }))
    }
    asked.push({ url, headers, body: Buffer.concat(pieces).toString() })
    const { status, type, pieces: said } = outside.answer
    response.writeHead(status, { 'content-type': type }).end(said.join(''))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const airlock = await startAirlock(dirname(castellan.workspace), port)
  return Object.assign(outside, {
    host: `localhost:${port}`,
    baseUrl: `http://localhost:${port}/v1`,
    asked,
    async stop() {
      server.close()
      server.closeAllConnections()
      const gone = once(airlock, 'exit')
      airlock.kill('SIGTERM')
      await gone
    },
  })
}

async function startAirlock(folder: string, port: number): Promise<ChildProcess> {
  const sockets = join(folder, 'sockets')
  const log = openSync(join(folder, 'airlock.log'), 'a')
  const { PATH = '', HOME = '' } = process.env
  const allowed = {
    host: 'localhost',
    port,
    scheme: 'http',
    reach: 'loopback',
    auth: 'any',
    inspect: { contact: 'redact' },
  }
  const child = spawn(process.execPath, ['--conditions=source', AIRLOCK], {
    env: {
      ...{ PATH, HOME, CASTELLAN_SUPERVISED: '1', CASTELLAN_STATE_DIR: folder },
      CASTELLAN_AIRLOCK_SOCKET: join(sockets, 'airlock.sock'),
      CASTELLAN_AIRLOCK_OPERATOR_SOCKET: join(sockets, 'airlock-operator.sock'),
      CASTELLAN_AIRLOCK_AGENTD_SOCKET: join(sockets, 'airlock-agentd.sock'),
      CASTELLAN_RECORD_SOCKET: join(sockets, 'record.sock'),
      CASTELLAN_ALLOW: JSON.stringify([allowed]),
    },
    stdio: ['pipe', log, log],
  })
  const socketPath = join(sockets, 'airlock-operator.sock')
  const client = new UnixClient({ socketPath, unavailable: 'airlock_unavailable', peer: 'airlock' })
  try {
    await until(
      'the airlock answers',
      () => {
        if (child.exitCode !== null) throw new Error('the airlock ended before it was ready')
        return client.request('GET', '/v1/health', { schema: ProcessHealth }).then(
          () => true,
          () => false,
        )
      },
      START_MS,
    )
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    client.close()
  }
  return child
}
