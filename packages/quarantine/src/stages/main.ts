/** One stage as a process of its own: a job on standard input, lines of progress and one verdict on standard output. */
import { text } from 'node:stream/consumers'
import { StageJob } from './job.ts'
import { runStage } from './run.ts'
import type { StageLine, StageProgress } from './verdict.ts'

/** Between two lines of progress, in milliseconds. */
const TELL_MS = 250

const job = StageJob.parse(JSON.parse(await text(process.stdin)))
let toldAt = Number.NEGATIVE_INFINITY
const progress = (progress: StageProgress): void => {
  if (performance.now() - toldAt < TELL_MS) return
  toldAt = performance.now()
  write({ progress })
}
write({ verdict: await runStage(job, progress) })

function write(line: StageLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
