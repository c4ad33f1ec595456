// `npm run bench [-- NAME…]`: runs the benchmarks of bench/ on Node 24. Each prints its figures beside their baselines and
// leaves them in bench/results/NAME.json.
import { bootstrap, main, run } from './bootstrap/index.mjs'

await main(async () => {
  const node = await bootstrap((line) => process.stderr.write(`${line}\n`))
  return run(node, ['--conditions=source', 'scripts/bench/main.ts', ...process.argv.slice(2)])
})
