import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { root } from './root.mjs'

const folder = join(root, 'tests', 'support', 'throwaway-host')
const WITHIN_MS = 600_000

/**
 * Builds what throwaway hosts start from, once, where the packages for it are, and boots one for a trial. Where either does not work,
 * it is said, and the tests that need such hosts are skipped.
 */
export function prepareThrowawayRoot(node, say) {
  const built =
    process.env.CASTELLAN_THROWAWAY_ROOT ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'castellan', 'throwaway-root')
  if (isBuilt(built)) return
  say(`Building the root of throwaway hosts in ${built}, once; it takes a minute or two.`)
  const steps = [
    ['sh', [join(folder, 'build.sh'), built]],
    [node, ['--conditions=source', join(folder, 'trial.ts'), built]],
  ]
  for (const [command, args] of steps) {
    const env = { ...process.env, CASTELLAN_THROWAWAY_ROOT: built }
    const { status, stderr } = spawnSync(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: WITHIN_MS,
      env,
    })
    if (status === 0) continue
    const words = String(stderr).trim().split('\n').slice(-3).join(' ')
    say(`No throwaway host can be had here, so tests that need one are skipped: ${words}`)
    // Looked for there, and not found.
    process.env.CASTELLAN_THROWAWAY_ROOT = join(built, 'does-not-boot')
    return
  }
}

function isBuilt(folder) {
  try {
    return readFileSync(join(folder, '.complete'), 'utf8') !== ''
  } catch {
    return false
  }
}
