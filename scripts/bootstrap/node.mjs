import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal, root } from './root.mjs'

const OLDEST_STARTER = 18
const NEEDED = 24

/** Refuses what cannot even install the rest. */
export function checkStarter() {
  if (major(process.version) < OLDEST_STARTER) {
    throw new Refusal(
      `Node ${process.version} is too old to start from. Install Node ${OLDEST_STARTER} or newer, with npm.`,
    )
  }
}

/** The Node that everything runs on: the one npm brought, or the one that runs us where it is new enough. */
export function findNode() {
  const brought = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (existsSync(brought)) return brought
  if (major(process.version) >= NEEDED) return process.execPath
  throw new Refusal(
    `There is no Node ${NEEDED} package for ${process.platform} on ${process.arch}. Install Node ${NEEDED} yourself and start again.`,
  )
}

/**
 * The environment of what we start: compiled code is kept between starts (it halves the time to the printed address). The
 * folder lies among the installed packages, which are as trusted as the code itself.
 */
export function runtimeEnvironment() {
  return { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'castellan', 'compiled') }
}

function major(version) {
  return Number(/^v(\d+)/.exec(version)?.[1])
}
