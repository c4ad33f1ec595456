import { execFile } from 'node:child_process'

export interface EngineIsolation {
  /** What comes before the engine's own command line. */
  readonly wrapper: readonly string[]
  /** Why the engine has the host's network, where it has. */
  readonly note: string | undefined
}

const asRoot = ['unshare', '--net', '--']
const asUser = ['unshare', '--user', '--map-current-user', '--net', '--']
const PROBE_TIMEOUT_MS = 2000

/**
 * How to start the engine in a network namespace of its own, which has no way out (network_namespaces(7)). Sockets in the
 * file system still work across it. Tried once with a command that does nothing; where the host refuses, the engine runs with
 * the host's network, and both the announcement and the engine's health say so.
 */
export async function findIsolation(): Promise<EngineIsolation> {
  const wrapper = process.getuid?.() === 0 ? asRoot : asUser
  const refusal = await tryOut(wrapper)
  if (refusal === undefined) return { wrapper, note: undefined }
  return {
    wrapper: [],
    note: `The engine runs with this host's network, because it could not be given one of its own: ${refusal}.`,
  }
}

function tryOut([command = '', ...args]: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, [...args, 'true'], { timeout: PROBE_TIMEOUT_MS }, (error, _stdout, stderr) => {
      if (error === null) resolve(undefined)
      else if (error.code === 'ENOENT') resolve('the command unshare is missing (Debian package util-linux)')
      else resolve(stderr.trim().split('\n')[0] || error.message)
    })
  })
}
