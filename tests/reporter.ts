import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'

/** What `scripts/test.mjs` prints at the end of a run. */
interface Summary {
  passed: number
  /** Tests that failed, files that could not be loaded, and errors outside of any test. */
  failed: number
  skipped: { name: string; reason: string }[]
}

/** Counts the tests of a run, and keeps why each skipped one was skipped. Written to the file `VITEST_SUMMARY` names. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env.VITEST_SUMMARY
    if (file === undefined) return
    const summary: Summary = { passed: 0, failed: unhandled.length, skipped: [] }
    for (const module of modules) {
      summary.failed += module.errors().length
      for (const test of module.children.allTests()) count(summary, module, test)
    }
    writeFileSync(file, JSON.stringify(summary))
  }
}

function count(summary: Summary, module: TestModule, test: TestCase): void {
  const result = test.result()
  if (result.state === 'passed') summary.passed += 1
  else if (result.state === 'failed') summary.failed += 1
  // A filter on the command line (`-t`) leaves tests out without a reason: they were not asked for.
  else if (result.state === 'skipped' && result.note !== undefined) {
    summary.skipped.push({ name: `${module.relativeModuleId}: ${test.fullName}`, reason: result.note })
  } else if (!process.argv.some((argument) => argument === '-t' || argument.startsWith('--testNamePattern'))) {
    summary.skipped.push({ name: `${module.relativeModuleId}: ${test.fullName}`, reason: 'no reason given' })
  }
}
