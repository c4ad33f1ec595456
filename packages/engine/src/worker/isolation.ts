import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What goes before the worker's own command line, and the network it will then have. */
export interface Isolation {
  readonly network: 'none' | 'host'
  readonly prefix: readonly string[]
}

const UNSHARE = ['unshare', '--user', '--map-current-user', '--net', '--']

/**
 * The model needs no network, so its process gets none where the host allows: an empty network namespace by way of
 * `unshare` (util-linux). Nothing is added where only the loopback interface is there already, and nothing can be where
 * user namespaces are forbidden.
 */
export async function chooseIsolation(signal?: AbortSignal): Promise<Isolation> {
  if (hasOnlyLoopback()) return { network: 'none', prefix: [] }
  return (await succeeds([...UNSHARE, 'true'], signal))
    ? { network: 'none', prefix: UNSHARE }
    : { network: 'host', prefix: [] }
}

/** `/proc/net/dev` has two lines of headings, then one line an interface. */
function hasOnlyLoopback(): boolean {
  try {
    const interfaces = readFileSync('/proc/self/net/dev', 'utf8').trim().split('\n').slice(2)
    return interfaces.every((line) => line.trim().startsWith('lo:'))
  } catch {
    return false
  }
}

function succeeds([command = '', ...args]: readonly string[], signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', timeout: 5000, signal })
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
}
