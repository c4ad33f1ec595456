import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '@castellan/testing'
import { onTestFinished } from 'vitest'
import { type Started, startAgentd } from './agentd.ts'

const main = fileURLToPath(new URL('../../../gateway/src/main.ts', import.meta.url))

/** The real agentd and the real gateway over one fresh state folder, as the supervisor would start them. */
export async function startWithGateway(
  settings: NodeJS.ProcessEnv = {},
): Promise<Started & { restartGateway(): Promise<void>; readonly log: () => string }> {
  const agentd = await startAgentd()
  const { state } = agentd
  const runFile = join(state, 'run.json')
  const instance = JSON.parse(readFileSync(runFile, 'utf8'))
  writeFileSync(instance.tokenFile, `cst_${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  let said = ''
  const start = async () => {
    const child = spawn(process.execPath, ['--conditions=source', main], {
      env: {
        PATH: process.env.PATH,
        CASTELLAN_STATE_DIR: state,
        CASTELLAN_PORT: '0',
        CASTELLAN_AGENT_SOCKET: instance.agentSocket,
        CASTELLAN_ENGINE_SOCKET: join(state, 'sockets', 'engine.sock'),
        CASTELLAN_TOKEN_FILE: instance.tokenFile,
        CASTELLAN_LOG_LEVEL: 'trace',
        ...settings,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const from = said.length
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const url = await until('the gateway listens', () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}: ${said.slice(from)}`)
      return /http:\/\/127\.0\.0\.1:\d+/.exec(said.slice(from))?.[0]
    })
    writeFileSync(runFile, JSON.stringify({ ...instance, url }), { mode: 0o600 })
    return async () => {
      child.kill('SIGTERM')
      await exited
    }
  }
  let end = await start()
  onTestFinished(() => end())
  return {
    ...agentd,
    log: () => said,
    async restartGateway() {
      await end()
      end = await start()
    },
  }
}
