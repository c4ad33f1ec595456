// Loaded before the program: ends this process as a power cut would, right before the file operation with this number.
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const killAt = Number(process.env.KILL_AT_STEP ?? 0)
let step = 0

for (const name of ['open', 'writeFile', 'rename', 'rm', 'mkdir', 'readFile']) {
  const original = promises[name]
  promises[name] = (...args) => {
    step += 1
    if (step === killAt) process.kill(process.pid, 'SIGKILL')
    return original(...args)
  }
}
syncBuiltinESMExports()
process.on('exit', () => process.stdout.write(`steps ${step}\n`))
