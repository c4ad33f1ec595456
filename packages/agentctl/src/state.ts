import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { CastellanError, Instance } from '@castellan/contracts'

/** The host's own instance, as the NixOS module makes it: root alone sees its state, everybody where its sockets are. */
const HOST = { state: '/var/lib/castellan', instance: '/etc/castellan/run.json' } as const

/**
 * The state folder: `--state`, then CASTELLAN_STATE, then the XDG state folder that `npm start` uses; in place of the last that of
 * the host's own instance, where there is one and this user started none.
 */
export function stateFolder(
  option: string | undefined,
  env: NodeJS.ProcessEnv,
  host: { readonly state: string; readonly instance: string } = HOST,
): string {
  const chosen = option ?? env.CASTELLAN_STATE
  if (chosen !== undefined && chosen !== '') return resolve(chosen)
  const xdg = env.XDG_STATE_HOME
  const own = join(xdg?.startsWith('/') ? xdg : join(homedir(), '.local', 'state'), 'castellan')
  return existsSync(host.instance) && !existsSync(join(own, 'run.json')) ? host.state : own
}

/** The running instance whose state is in `folder`; `agentd_unavailable` when none runs there. */
export async function findInstance(folder: string): Promise<Instance> {
  const file = folder === HOST.state ? HOST.instance : join(folder, 'run.json')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EACCES') {
      throw new CastellanError(
        'agentd_unavailable',
        `${file} belongs to another user: run agentctl as the user who started Castellan.`,
        { cause },
      )
    }
    throw new CastellanError(
      'agentd_unavailable',
      `Castellan is not running with its state in ${folder}. Start it with \`npm start\`, or name another folder with --state DIR or CASTELLAN_STATE.`,
      { cause },
    )
  }
  const parsed = Instance.safeParse(safeJson(text))
  if (!parsed.success) {
    throw new CastellanError(
      'agentd_unavailable',
      `${file} is damaged: stop Castellan and start it again, it writes the file anew.`,
    )
  }
  return parsed.data
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
