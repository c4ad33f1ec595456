import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { onTestFinished } from 'vitest'
import { startAgentd } from './agentd.ts'

const main = fileURLToPath(new URL('../../../airlock/src/main.ts', import.meta.url))

/** The real airlock beside the real agentd over one fresh state folder, and a client where the gateway asks. */
export async function startWithAirlock(): Promise<{ readonly state: string; readonly gateway: UnixClient }> {
  const { state } = await startAgentd()
  const at = (name: string) => join(state, 'sockets', name)
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: {
      PATH: process.env.PATH,
      CASTELLAN_STATE_DIR: state,
      CASTELLAN_AIRLOCK_SOCKET: at('airlock.sock'),
      CASTELLAN_AIRLOCK_OPERATOR_SOCKET: at('airlock-operator.sock'),
      CASTELLAN_RECORD_SOCKET: at('record.sock'),
      CASTELLAN_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const gateway = new UnixClient({
    socketPath: at('airlock.sock'),
    peer: 'airlock',
    unavailable: 'airlock_unavailable',
  })
  onTestFinished(async () => {
    gateway.close()
    child.kill('SIGTERM')
    await gone
  })
  await until('the airlock answers', () => {
    if (child.exitCode !== null) throw new Error(`the airlock ended with ${child.exitCode}`)
    return gateway.request('GET', '/v1/health', { schema: ProcessHealth }).catch(() => false)
  })
  return { state, gateway }
}
