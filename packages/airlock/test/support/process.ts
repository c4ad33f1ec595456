import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { DestinationChange, DestinationListing, type DestinationRequest, ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { onTestFinished } from 'vitest'

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

/** An airlock as it is started for real, with its state in `folder`; ready when this resolves. */
export async function airlockProcess(folder: string, env: Record<string, string> = {}) {
  const sockets = join(folder, 'sockets')
  const log = openSync(join(folder, 'airlock.log'), 'a')
  const child: ChildProcess = spawn(process.execPath, ['--conditions=source', main], {
    env: {
      PATH: process.env.PATH,
      CASTELLAN_STATE_DIR: folder,
      CASTELLAN_AIRLOCK_SOCKET: join(sockets, 'airlock.sock'),
      CASTELLAN_AIRLOCK_OPERATOR_SOCKET: join(sockets, 'airlock-operator.sock'),
      CASTELLAN_RECORD_SOCKET: join(sockets, 'record.sock'),
      ...env,
    },
    stdio: ['ignore', log, log],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const client = (name: string) =>
    new UnixClient({ socketPath: join(sockets, name), peer: 'airlock', unavailable: 'airlock_unavailable' })
  const [gateway, operator] = [client('airlock.sock'), client('airlock-operator.sock')]
  onTestFinished(async () => {
    gateway.close()
    operator.close()
    child.kill('SIGKILL')
    await exited
  })
  await until('the airlock answers', () =>
    operator.request('GET', '/v1/health', { schema: ProcessHealth }).catch(() => false),
  )
  return {
    gateway,
    allow: async (body: DestinationRequest) =>
      (await operator.request('POST', '/v1/destinations', { body, schema: DestinationChange })).destination,
    listing: () => operator.request('GET', '/v1/destinations', { schema: DestinationListing }),
    async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
      child.kill(signal)
      return exited
    },
  }
}
