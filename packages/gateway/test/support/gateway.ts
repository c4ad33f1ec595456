import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type { ErrorEnvelope, TokenMarks } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import type { FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import type { ClientOptions } from 'ws'
import { PATIENCE } from '../../src/chat/ask.ts'
import { GatewayConfig } from '../../src/config.ts'
import { listen } from '../../src/listen.ts'
import { buildServer, type ServerOptions } from '../../src/server.ts'
import { StandInAgentd } from './agentd.ts'
import { ChatClient } from './client.ts'
import { StandInEngine } from './engine.ts'
import { quietLog } from './log.ts'
import { StandInRecords } from './records.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; an envelope where it is a refusal. */
  readonly json: ErrorEnvelope & Record<string, unknown>
}

interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** A whole gateway on a free port, with stand-ins for agentd and the engine behind real Unix sockets. */
export interface TestGateway {
  readonly url: string
  readonly port: number
  readonly token: string
  readonly folder: string
  readonly agentd: StandInAgentd
  readonly engine: StandInEngine
  readonly records: StandInRecords
  readonly config: GatewayConfig
  readonly app: FastifyInstance
  /** A request with exactly these headers, besides those of HTTP itself. */
  ask(path: string, options?: Ask): Promise<Answer>
  connect(options?: ClientOptions & { protocols?: string[] }): Promise<ChatClient>
  /** Opens a socket that has to be refused, and returns the refusal. */
  refusedSocket(path: string, headers: Record<string, string>): Promise<Answer>
  stop(): Promise<void>
}

export interface TestGatewayOptions {
  readonly folder?: string
  readonly server?: ServerOptions
  readonly config?: Partial<GatewayConfig>
  readonly agentd?: boolean
  readonly engine?: boolean
  readonly log?: Log
  /** What the ledger knows of tokens from before. */
  readonly tokenMarks?: TokenMarks
}

/** Starts one, gone with the running test. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const folder = options.folder ?? temporaryFolder()
  const tokenFile = join(folder, 'token')
  const fresh = `cst_${randomBytes(32).toString('base64url')}`
  if (!existsSync(tokenFile)) writeFileSync(tokenFile, `${fresh}\n`, { mode: 0o600 })
  const token = readFileSync(tokenFile, 'utf8').trim()
  const config = GatewayConfig.parse({
    port: 0,
    stateDir: folder,
    tokenFile,
    agentSocket: join(folder, 'agent.sock'),
    engineSocket: join(folder, 'engine.sock'),
    pageDir: page(folder),
    ...options.config,
  })
  const agentd = new StandInAgentd(token)
  agentd.tools.set('disk_usage', { run: () => ({ usedBytes: 42 }) })
  agentd.tools.set('file_write', { effect: 'change', run: ({ path }) => ({ path, bytes: 5 }) })
  if (options.agentd !== false) await agentd.listen(config.agentSocket)
  const records = new StandInRecords()
  if (options.tokenMarks !== undefined) records.marks = options.tokenMarks
  if (options.agentd !== false) await records.listen(join(folder, 'record.sock'))
  const engine = new StandInEngine()
  if (options.engine !== false) await engine.listen(config.engineSocket)

  const app = await buildServer(config, options.log ?? quietLog('gateway'), {
    patience: { ...PATIENCE, absentMs: 50, pollMs: 10 },
    checksAnswers: true,
    ...options.server,
  })
  const url = await listen(app, config)
  const port = Number(new URL(url).port)
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= (async () => {
      await app.close()
      await Promise.all([agentd.close(), engine.close(), records.close()])
    })()
    return stopped
  }
  onTestFinished(stop)

  const bearer = { authorization: `Bearer ${token}` }
  return {
    ...{ url, port, token, folder, agentd, engine, records, config, app, stop },
    ask: (path, ask = {}) => exchange(port, path, ask),
    connect: ({ protocols = [], ...client } = {}) => {
      const credential = client.headers === undefined && protocols.length === 0 ? { headers: bearer } : {}
      return ChatClient.open(`${url.replace('http', 'ws')}/ws`, protocols, { ...credential, ...client })
    },
    refusedSocket: (path, headers) => exchange(port, path, { headers: { ...HANDSHAKE, ...headers } }),
  }
}

const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

function page(folder: string): string {
  const dist = join(folder, 'dist')
  mkdirSync(join(dist, 'assets'), { recursive: true })
  writeFileSync(join(dist, 'index.html'), '<!doctype html><title>Castellan</title>')
  writeFileSync(join(dist, 'assets', 'app-1a2b.js'), 'export {}')
  return dist
}

function exchange(port: number, path: string, { method = 'GET', headers = {}, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => {
        const isJson = text !== '' && response.headers['content-type']?.startsWith('application/json') === true
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? JSON.parse(text) : {},
        })
      })
    })
    request.on('error', reject)
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('the socket was opened, though it should have been refused'))
    })
    request.end(body)
  })
}
