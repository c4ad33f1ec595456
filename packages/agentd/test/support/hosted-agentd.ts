import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CallOutcome } from '@castellan/contracts'
import { ThrowawayHost } from '../../../../tests/support/throwaway-host/host.ts'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const operate = fileURLToPath(new URL('./operate.ts', import.meta.url))
const operatorSocket = '/run/castellan/operator.sock'
const environment = {
  CASTELLAN_STATE_DIR: '/var/lib/castellan',
  CASTELLAN_AGENT_SOCKET: '/run/castellan/agent.sock',
  CASTELLAN_OPERATOR_SOCKET: operatorSocket,
}

/** What came of a call; `result` and `error` are there as it ended. */
export type Answer = Omit<CallOutcome, 'result'> & { readonly result: Record<string, unknown> }

/** A throwaway host in which a real agentd runs as root, as a unit of systemd. */
export class HostedAgentd implements AsyncDisposable {
  readonly host: ThrowawayHost

  private constructor(host: ThrowawayHost) {
    this.host = host
  }

  static async start(): Promise<HostedAgentd> {
    const hosted = new HostedAgentd(await ThrowawayHost.start({ readOnly: [repository] }))
    await hosted.host.run(['mkdir', '-m', '0700', environment.CASTELLAN_STATE_DIR, '/run/castellan'])
    await hosted.startAgentd()
    return hosted
  }

  async startAgentd(): Promise<void> {
    const assignments = Object.entries(environment).map(([key, value]) => `--setenv=${key}=${value}`)
    const main = join(repository, 'packages/agentd/src/main.ts')
    await this.host.run(['rm', '-f', operatorSocket])
    const node = [process.execPath, '--conditions=source', main]
    await this.host.run(['systemd-run', '--quiet', '--unit=castellan-agentd', ...assignments, ...node])
    // The socket's file is there a moment before anybody answers.
    const ask = `curl --silent --fail --output /dev/null --unix-socket ${operatorSocket} http://localhost/v1/health`
    await this.host.run(['sh', '-c', `until ${ask}; do sleep 0.1; done`])
  }

  async stopAgentd(): Promise<void> {
    await this.host.run(['systemctl', 'stop', 'castellan-agentd'])
  }

  /** Makes calls as the operator, one after the other in one process; `undo` takes back an answer by its distance. */
  async calls<const Calls extends readonly [string, Record<string, unknown>?][]>(
    ...list: Calls
  ): Promise<{ [Key in keyof Calls]: Answer }> {
    const argument = JSON.stringify(list.map(([name, args = {}]) => ({ name, args })))
    const { stdout } = await this.host.run([process.execPath, '--conditions=source', operate, operatorSocket, argument])
    return JSON.parse(stdout)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]()
  }
}
