import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from './root.mjs'

const TELL_EVERY_MS = 5000

/**
 * Runs `npm ci` without install scripts in a folder. Its output goes to standard error, so that standard output stays free
 * for programs. Where npm cannot draw its own progress, a line every five seconds says that it lives.
 */
export async function cleanInstall(folder, say) {
  const [command, ...first] = npmCommand()
  const args = [...first, 'ci', '--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund']
  const startedAt = Date.now()
  const ticker = process.stderr.isTTY
    ? undefined
    : setInterval(
        () => say(`  … ${Math.round((Date.now() - startedAt) / 1000)} s, ${count(folder)} packages`),
        TELL_EVERY_MS,
      )
  try {
    await new Promise((resolve, reject) => {
      const npm = spawn(command, args, { cwd: folder, stdio: ['ignore', 2, 2] })
      npm.once('error', (error) =>
        reject(new Refusal(`npm could not be run (${error.message}). Install npm 9 or newer, then start again.`)),
      )
      npm.once('exit', (code, signal) => {
        if (code === 0) return resolve()
        const how = signal === null ? `exit code ${code}` : signal
        reject(
          new Refusal(
            `npm could not install the packages (${how}); it said why above. Starting again goes on from here.`,
          ),
        )
      })
    })
  } finally {
    clearInterval(ticker)
  }
}

/** The npm that runs us, or the one on the PATH. */
function npmCommand() {
  const running = process.env.npm_execpath
  return running?.endsWith('.js') || running?.endsWith('.cjs') ? [process.execPath, running] : ['npm']
}

function count(folder) {
  try {
    return readdirSync(join(folder, 'node_modules')).length
  } catch {
    return 0
  }
}
