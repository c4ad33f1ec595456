import { spawn } from 'node:child_process'
import { readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'

const currentSystem = '/run/current-system'

/** The one thing of SafeSwitch's record that is needed here; agentd may be another version, or gone. */
const Record = z.looseObject({ id: z.string(), from: z.looseObject({ path: z.string() }) })

/** How going back without agentd ended. */
export interface WentBack {
  readonly switch: string
  /** The system that was gone back to, and whether it runs now. */
  readonly path: string
  readonly runs: boolean
  /** That of its switch-to-configuration. */
  readonly exitCode: number
}

/**
 * Goes back by the script that SafeSwitch left when it last switched: to a recorded store path, without agentd,
 * evaluation or network. Throws `not_found` where no switch left one, `permission_denied` for anybody but root.
 */
export async function goBackDirectly(stateFolder: string): Promise<WentBack> {
  const folder = join(stateFolder, 'agentd/switch')
  const id = await readlink(join(folder, 'way-back')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') {
      throw new CastellanError('permission_denied', `${folder} may be read by root only: run agentctl as root.`)
    }
    throw new CastellanError(
      'not_found',
      `No switch left a way back in ${folder}. \`nixos-rebuild --rollback switch\` goes back a generation without Castellan.`,
    )
  })
  const record = Record.parse(JSON.parse(await readFile(join(folder, id, 'record.json'), 'utf8')))
  const exitCode = await run(join(folder, id, 'roll-back.sh'))
  const runs = (await realpath(currentSystem).catch(() => '')) === record.from.path
  return { switch: record.id, path: record.from.path, runs, exitCode }
}

/** In a session of its own: the connection over which this was typed may be what the switch broke. */
function run(script: string): Promise<number> {
  const child = spawn('/bin/sh', [script, 'operator'], { detached: true, stdio: ['ignore', 2, 2], env: {} })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}
