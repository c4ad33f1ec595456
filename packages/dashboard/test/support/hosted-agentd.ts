import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ThrowawayHost } from '../../../../tests/support/throwaway-host/host.ts'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
/** Where the host has the state folder. */
const STATE = '/var/lib/castellan'

/**
 * Boots a throwaway host and starts agentd there, as a unit of the systemd that runs it. Its state folder is `folder` of this machine, so
 * that a gateway here reaches its sockets. What the page then changes is that host.
 */
export async function hostAgentd(folder: string, pagePort: number): Promise<ThrowawayHost> {
  const host = await ThrowawayHost.start({ readOnly: [repository], writable: [`${folder}:${STATE}`] })
  const settings = {
    CASTELLAN_STATE_DIR: STATE,
    CASTELLAN_AGENT_SOCKET: join(STATE, 'sockets/agent.sock'),
    CASTELLAN_OPERATOR_SOCKET: join(STATE, 'sockets/operator.sock'),
    CASTELLAN_TOKEN_FILE: join(STATE, 'token'),
    CASTELLAN_PAGE_PORT: String(pagePort),
  }
  const environment = Object.entries(settings).map(([name, value]) => `--setenv=${name}=${value}`)
  const program = [process.execPath, '--conditions=source', join(repository, 'packages/agentd/src/main.ts')]
  try {
    await host.run(['systemd-run', '--quiet', '--unit=castellan-agentd', ...environment, ...program])
    return host
  } catch (error) {
    await host[Symbol.asyncDispose]()
    throw error
  }
}
