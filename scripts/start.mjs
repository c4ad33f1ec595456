// `npm start`: makes a fresh clone able to run, then starts Castellan. Plain JavaScript for any Node from 18 up, because
// Node 24 itself comes with the packages it installs.
import { join } from 'node:path'
import { bootstrap, main, root, run } from './bootstrap/index.mjs'

await main(async () => {
  const args = process.argv.slice(2)
  // Standard output belongs to the supervisor: with --json it is read by a program.
  const node = await bootstrap((line) => process.stderr.write(`${line}\n`))
  return run(node, ['--conditions=source', join(root, 'packages/supervisor/src/main.ts'), ...args])
})
