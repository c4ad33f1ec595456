import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CallAnswer, Instance, newId, SignInCode } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { buildPage } from './build.ts'

const SUPERVISOR = fileURLToPath(new URL('../../../supervisor/src/main.ts', import.meta.url))

/** All of Castellan as `npm start` runs it, with the built-in model; in a state folder of its own. */
export interface WholeCastellan {
  readonly url: string
  readonly namedUrl: string
  readonly workspace: string
  /** The owner's. */
  readonly token: string
  signInCode(): Promise<string>
  /** Calls a tool as root would, on the machine itself: nobody is asked. Rejects where it fails. */
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<unknown>
  stop(): Promise<void>
}

/** Starts it in `state`, which has to be there; its folder is the caller's to remove. */
export async function startWhole(state: string): Promise<WholeCastellan> {
  const page = join(state, 'page')
  mkdirSync(page)
  await buildPage(page)
  writeFileSync(join(state, 'config.json'), JSON.stringify({ gateway: { pageDir: page } }), { mode: 0o600 })
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(
    process.execPath,
    ['--conditions=source', SUPERVISOR, '--state', state, '--port', '0', '--json'],
    {
      env: { PATH, HOME },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const gone = once(child, 'exit')
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), gone])) as [unknown]
  if (typeof line !== 'string') throw new Error(`Castellan ended instead of starting: ${said}`)
  const { url, operatorSocket, tokenFile } = Instance.parse(JSON.parse(line))
  const operator = new UnixClient({ socketPath: operatorSocket, unavailable: 'agentd_unavailable', peer: 'agentd' })
  return {
    url,
    namedUrl: url.replace('127.0.0.1', 'localhost'),
    workspace: join(state, 'workspace'),
    token: readFileSync(tokenFile, 'utf8').trim(),
    signInCode: async () => (await operator.request('POST', '/v1/sign-ins', { schema: SignInCode })).code,
    async call(tool, args) {
      const body = { call_id: newId('call'), session: newId('ses'), agent: 'operator', tool, args }
      const answer = await operator.request('POST', '/v1/calls', { body, schema: CallAnswer })
      if (answer.status !== 'done' || !answer.ok) throw new Error(`${tool}: ${JSON.stringify(answer)}`)
      return answer.result
    },
    async stop() {
      operator.close()
      if (child.exitCode === null) child.kill('SIGTERM')
      await gone
    },
  }
}
