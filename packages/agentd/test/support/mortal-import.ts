/** Imports a model and is killed, as by SIGKILL, at the moment that CASTELLAN_KILL_AT counts: before or after a step on disk. */
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

const [folder = '', killAt = '0'] = process.argv.slice(2)
let left = Number(killAt)
const step = (): void => {
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}
// Each is a step that could be the last one: what is on disk before it, and what after it.
for (const name of ['rename', 'mkdir', 'copyFile', 'rm'] as const) {
  const real = promises[name] as (...args: unknown[]) => Promise<unknown>
  Object.assign(promises, {
    [name]: async (...args: unknown[]) => {
      step()
      const result = await real(...args)
      step()
      return result
    },
  })
}
syncBuiltinESMExports()

const { fileRegistryLedger, openModels } = await import('./models.ts')
const models = await openModels(folder, { ledger: fileRegistryLedger(join(folder, 'ledger')) })
await models.import({ path: 'model.gguf', by: 'tester' }, () => undefined, new AbortController().signal)
process.stdout.write(`${Number(killAt) - left} steps\n`)
