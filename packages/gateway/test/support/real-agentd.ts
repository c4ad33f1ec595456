import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../../../agentd/src/main.ts', import.meta.url))

/** A start takes half a second on a machine that has nothing else to do. In milliseconds. */
const START_MS = 120_000

export interface RealAgentd {
  /** Its operator.sock: what the owner may do. */
  readonly operator: UnixClient
  /** Kills it as a crash would, and starts the next one. */
  restart(): Promise<void>
  /** The same, without anything that the first one knew. */
  forget(): Promise<void>
}

/** agentd itself, as a process of its own, with its state in `folder` and its sockets where test gateways look. */
export async function startAgentd(folder: string, settings: NodeJS.ProcessEnv = {}): Promise<RealAgentd> {
  const operatorSocket = join(folder, 'operator.sock')
  const agentSocket = join(folder, 'agent.sock')
  const [operator, agent] = [operatorSocket, agentSocket].map(
    (socketPath) => new UnixClient({ socketPath, unavailable: 'agentd_unavailable', peer: 'agentd' }),
  ) as [UnixClient, UnixClient]
  const start = async () => {
    const child = spawn(process.execPath, ['--conditions=source', MAIN], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: {
        PATH: process.env.PATH,
        CASTELLAN_STATE_DIR: folder,
        CASTELLAN_AGENT_SOCKET: agentSocket,
        CASTELLAN_OPERATOR_SOCKET: operatorSocket,
        CASTELLAN_TOKEN_FILE: join(folder, 'token'),
        ...settings,
      },
    })
    const exited = once(child, 'exit')
    const kill = async () => {
      child.kill('SIGKILL')
      await exited
    }
    const answers = until(
      'agentd answers',
      () => {
        if (child.exitCode !== null) throw new Error(`agentd ended with ${child.exitCode}`)
        // Agents are let in last.
        return agent.request('GET', '/v1/health', { schema: ProcessHealth }).catch(() => undefined)
      },
      START_MS,
    )
    await answers.catch(async (error: unknown) => {
      await kill()
      throw error
    })
    return kill
  }
  let kill = await start()
  onTestFinished(async () => {
    for (const client of [operator, agent]) client.close()
    await kill()
  })
  return {
    operator,
    async restart() {
      await kill()
      kill = await start()
    },
    async forget() {
      await kill()
      for (const name of ['agentd', 'ledger']) rmSync(join(folder, name), { recursive: true, force: true })
      kill = await start()
    },
  }
}
