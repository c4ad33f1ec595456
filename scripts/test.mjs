// `npm test`: makes a fresh clone able to run, then runs the tests on Node 24. Ends with why tests were skipped and one line of
// counts. Further arguments go to vitest: `npm test -- packages/ledger`. `--checks` runs the static checks as well, as CI does.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canBuildHosts, prepareHost } from './bootstrap/host.mjs'
import { bootstrap, main, root, run } from './bootstrap/index.mjs'
import { prepareThrowawayRoot } from './bootstrap/throwaway-root.mjs'
import { runChecks } from './checks/index.mjs'

await main(async () => {
  const args = process.argv.slice(2)
  const withChecks = args.includes('--checks')
  const say = (line) => process.stderr.write(`${line}\n`)
  const node = await bootstrap(say)
  prepareHost(say)
  if (canBuildHosts()) prepareThrowawayRoot(node, say)

  const checks = withChecks ? await runChecks(node) : { passed: 0, failed: 0 }
  const tests = await runTests(
    node,
    args.filter((arg) => arg !== '--checks'),
  )

  const passed = checks.passed + tests.passed
  const failed = checks.failed + tests.failed
  for (const { name, reason } of tests.skipped) console.log(`skipped: ${name}: ${reason}`)
  console.log(`${passed} passed, ${failed} failed, ${tests.skipped.length} skipped`)
  return failed === 0 && tests.exitCode === 0 ? 0 : 1
})

/** vitest's own counts, by way of our reporter. A run that ends without them has failed, whatever its exit code says. */
async function runTests(node, args) {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-test-'))
  const summary = join(folder, 'summary.json')
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const exitCode = await run(node, ['--conditions=source', vitest, 'run', ...args], { VITEST_SUMMARY: summary })
    const counts = readSummary(summary)
    if (exitCode !== 0 && counts.failed === 0) counts.failed = 1
    return { ...counts, exitCode }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readSummary(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    console.log('vitest ended without its counts.')
    return { passed: 0, failed: 1, skipped: [] }
  }
}
