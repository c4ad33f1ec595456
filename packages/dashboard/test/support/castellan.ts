import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  Approval,
  ApprovalListing,
  type ApprovalVerdict,
  CallAnswer,
  LedgerRecorded,
  type LedgerRecordRequest,
  newId,
  type OperatorKey,
  OperatorListing,
  ProcessHealth,
  SignInCode,
} from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { removeFolder, until } from '@castellan/testing'
import type { ThrowawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import { buildPage } from './build.ts'
import { ScriptedEngine } from './engine.ts'
import { hostAgentd } from './hosted-agentd.ts'

const PACKAGES = fileURLToPath(new URL('../../..', import.meta.url))

/** Longest that a process may take to start, in milliseconds: others may want the processor as well. */
const START_MS = 120_000

/** The built page, the real gateway and the real agentd as processes of their own; only the model's words are scripted. */
export interface Castellan {
  readonly url: string
  readonly engine: ScriptedEngine
  readonly workspace: string
  /** Where the built page lies. */
  readonly pageFolder: string
  /** The throwaway host that agentd runs on; null where it runs on this machine. */
  readonly host: ThrowawayHost | null
  /** The page under a name, which passkeys need. */
  readonly namedUrl: string
  signInCode(): Promise<string>
  /** A one-time code with which this person enrols a key. */
  invitation(name: string, person: string): Promise<string>
  operators(): Promise<OperatorKey[]>
  /** Sets the passphrase that signs in, with the owner's token. */
  setPassphrase(passphrase: string): Promise<void>
  /** Calls a tool as root would, on the machine itself: nobody is asked. Rejects where it fails. */
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<unknown>
  /** Asks agentd on operator.sock, as root would. Rejects what is refused. */
  readonly root: UnixClient['request']
  /** Asks the API as a program that has the owner's token. Rejects what is refused. */
  api(method: string, path: string, body?: unknown): Promise<unknown>
  /** Puts on record what the gateway or the airlock would say that it did. */
  record(what: LedgerRecordRequest): Promise<void>
  /** Decides the open approval as root would, on the machine itself. */
  decide(verdict: ApprovalVerdict): Promise<void>
  /** Kills the gateway and starts it again on the same port. */
  restartGateway(): Promise<void>
  /** Deletes what was said in the page's chat. */
  emptyChat(): Promise<void>
  stop(): Promise<void>
}

export interface CastellanOptions {
  /** agentd runs as root on a throwaway host that systemd runs, for which `throwawayHost` says what this machine has to have. */
  readonly hosted?: boolean
  /** Settings of an agentd on this machine, beside the folders and sockets: `CASTELLAN_ROUTINES` and the like. */
  readonly settings?: Readonly<Record<string, string>>
}

export async function startCastellan({ hosted = false, settings = {} }: CastellanOptions = {}): Promise<Castellan> {
  const folder = mkdtempSync(join(tmpdir(), 'cst-'))
  const sockets = join(folder, 'sockets')
  mkdirSync(sockets, { mode: 0o700 })
  const token = join(folder, 'token')
  writeFileSync(token, `cst_${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  const paths = {
    agent: join(sockets, 'agent.sock'),
    operator: join(sockets, 'operator.sock'),
    engine: join(sockets, 'engine.sock'),
  }
  const page = join(folder, 'page')
  await buildPage(page)
  const engine = new ScriptedEngine(folder)
  await engine.listen(paths.engine)

  const shared = { CASTELLAN_STATE_DIR: folder, CASTELLAN_AGENT_SOCKET: paths.agent, CASTELLAN_TOKEN_FILE: token }
  const port = await freePort()
  const host = hosted ? await hostAgentd(folder, port) : null
  const agentd = hosted
    ? undefined
    : run('agentd', folder, {
        ...settings,
        ...shared,
        CASTELLAN_OPERATOR_SOCKET: paths.operator,
        CASTELLAN_PAGE_PORT: String(port),
      })
  const url = `http://127.0.0.1:${port}`
  const startGateway = async () => {
    const started = run('gateway', folder, {
      ...shared,
      CASTELLAN_ENGINE_SOCKET: paths.engine,
      CASTELLAN_PAGE_DIR: page,
      CASTELLAN_PORT: String(port),
    })
    await until('the gateway answers', () => answers(`${url}/health`, started), START_MS)
    return started
  }
  const clientOf = (socketPath: string) =>
    new UnixClient({ socketPath, unavailable: 'agentd_unavailable', peer: 'agentd' })
  const operator = clientOf(paths.operator)
  const records = clientOf(join(sockets, 'record.sock'))
  const asOwner = async (method: string, path: string, body?: unknown) => {
    const authorization = `Bearer ${readFileSync(token, 'utf8').trim()}`
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const headers = { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
    return fetch(`${url}${path}`, { method, headers, ...json })
  }
  let gateway: ChildProcess | undefined
  const stop = async () => {
    operator.close()
    records.close()
    await Promise.all([end(gateway), end(agentd), engine.close()])
    await host?.[Symbol.asyncDispose]()
    await removeFolder(folder)
  }
  try {
    await until(
      'agentd answers',
      () =>
        operator.request('GET', '/v1/health', { schema: ProcessHealth }).then(
          () => true,
          () => false,
        ),
      START_MS,
    )
    gateway = await startGateway()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    engine,
    workspace: join(folder, 'workspace'),
    pageFolder: page,
    host,
    namedUrl: url.replace('127.0.0.1', 'localhost'),
    async invitation(name, person) {
      const body = { name, person }
      return (await operator.request('POST', '/v1/operators/invitations', { body, schema: SignInCode })).code
    },
    operators: async () => (await operator.request('GET', '/v1/operators', { schema: OperatorListing })).operators,
    async call(tool, args) {
      const body = { call_id: newId('call'), session: newId('ses'), agent: 'operator', tool, args }
      const answer = await operator.request('POST', '/v1/calls', { body, schema: CallAnswer })
      if (answer.status !== 'done' || !answer.ok) throw new Error(`${tool}: ${JSON.stringify(answer)}`)
      return answer.result
    },
    root: operator.request.bind(operator),
    async api(method, path, body) {
      const answer = await asOwner(method, path, body)
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return text === '' ? undefined : JSON.parse(text)
    },
    async record(what) {
      await records.request('POST', '/v1/records', { body: what, schema: LedgerRecorded })
    },
    async setPassphrase(passphrase) {
      const { status } = await asOwner('PUT', '/api/v1/sign-in-passphrase', { passphrase })
      if (status !== 204) throw new Error(`the passphrase was not set: ${status}`)
    },
    signInCode: async () => (await operator.request('POST', '/v1/sign-ins', { schema: SignInCode })).code,
    async decide(verdict) {
      const { approvals } = await operator.request('GET', '/v1/approvals', { schema: ApprovalListing })
      const open = approvals.find(({ state }) => state === 'pending')
      await operator.request('POST', `/v1/approvals/${open?.approval_id}/decision`, {
        schema: Approval,
        body: { verdict },
      })
    },
    async emptyChat() {
      // A turn that has just ended may still be on its way to disk: until then the chat is busy.
      await until('the chat is deleted', async () => {
        const { status } = await asOwner('DELETE', '/api/v1/chats/main')
        if (status !== 204 && status !== 404 && status !== 409) throw new Error(`the chat was not deleted: ${status}`)
        return status !== 409
      })
    },
    async restartGateway() {
      await end(gateway)
      gateway = await startGateway()
    },
    stop,
  }
}

function run(name: 'agentd' | 'gateway', folder: string, settings: Record<string, string>): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), 'a')
  const { PATH = '', HOME = '' } = process.env
  return spawn(process.execPath, ['--conditions=source', join(PACKAGES, name, 'src/main.ts')], {
    // Supervised processes stop when their standard input ends, so none outlives a test run that was killed.
    env: { PATH, HOME, CASTELLAN_SUPERVISED: '1', ...settings },
    stdio: ['pipe', log, log],
  })
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error('the gateway ended before it was ready')
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  )
}

/** Below those that the system gives to whoever asks for any: nobody takes it before the gateway does. */
async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000)
  const server = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
  })
  if (!isFree) return freePort()
  server.close()
  await once(server, 'close')
  return port
}
