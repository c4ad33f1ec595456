import { expect, it } from 'vitest'
import { toolByName } from '../support/machine.ts'

const tool = toolByName('routine_history')
const run = { index: 1, at: '2026-11-21T09:00:00.000Z', routine: 'web', trigger: 'schedule', skipped: null, code: null }
const rest = { failedCalls: 0, durationMs: 1, session: null }
const well = { ...run, ...rest, ok: true }
const failed = { ...run, ...rest, ok: false }
const missed = { ...run, ...rest, ok: false, trigger: null, skipped: 'missed' }

it.each([
  [[], 'No routine has run yet.'],
  [[well], '1 run, which went well: web at 2026-11-21 09:00 UTC.'],
  [[failed], '1 run, which failed: web at 2026-11-21 09:00 UTC.'],
  [[missed], '1 run, which did not happen: web at 2026-11-21 09:00 UTC.'],
  [[well, well], '2 runs, all went well; the newest is web at 2026-11-21 09:00 UTC.'],
  [[failed, failed], '2 runs, all failed; the newest is web at 2026-11-21 09:00 UTC.'],
  [
    [well, failed, missed, well],
    '4 runs, of which 2 went well, 1 failed and 1 did not happen; the newest is web at 2026-11-21 09:00 UTC.',
  ],
])('the summary of routine_history: case %#', (runs, summary) => {
  const output = tool.output.parse({ runs, truncated: false, nextBefore: null })
  expect(tool.summary(output, tool.input.parse({}))).toBe(summary)
})
