import { spawn } from 'node:child_process'
import { ensureGpu, ensureInstalled } from './install.mjs'
import { checkStarter, findNode, runtimeEnvironment } from './node.mjs'
import { ensurePage } from './page.mjs'
import { Refusal, root } from './root.mjs'

export { root }

/** Makes the clone able to run: packages, GPU binaries where they help, the page. Gives the Node to run it with. */
export async function bootstrap(say) {
  checkStarter()
  await ensureInstalled(say)
  await ensureGpu(say)
  const node = findNode()
  ensurePage(node, say)
  return node
}

/** Runs a program on Node 24 with our streams until it ends, passing signals on, and gives its exit code. */
export function run(node, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...runtimeEnvironment(), ...env } })
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    const pass = (signal) => child.kill(signal)
    for (const signal of signals) process.on(signal, pass)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass)
      resolve(signal === null ? code : 1)
    })
  })
}

/** Runs a script's body; a refusal is a sentence on standard error, anything else a fault of ours with its stack. */
export async function main(body) {
  try {
    process.exitCode = await body()
  } catch (error) {
    process.stderr.write(`${error instanceof Refusal ? error.message : error.stack}\n`)
    process.exitCode = 1
  }
}
