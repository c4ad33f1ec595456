// `npm run check`: types, style, boundaries, unused code, lockfile and generated files, without running a test.
import { bootstrap, main } from './bootstrap/index.mjs'
import { runChecks } from './checks/index.mjs'

await main(async () => {
  const node = await bootstrap((line) => process.stderr.write(`${line}\n`))
  const { passed, failed } = await runChecks(node)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
})
