import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openClassifier, Sandbox } from '../packages/agentd/src/sandbox/index.ts'
import type { Report } from '../scripts/bench/report.ts'

export const title = 'commands: the sandbox beside bare bubblewrap; judging a script'

const RUNS = 40
const SCRIPTS = 500

const script = `cd src && grep -rn "TODO" --include='*.ts' . | sort -u | head -n 20
ls -la 'my folder' 2>/dev/null
git -C project log --oneline -5 && git status -sb
`

const execute = promisify(execFile)

/** As few walls as bubblewrap has that still make sense: what the sandbox adds is measured against it. */
const bareBubblewrap = [
  ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'],
  ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--die-with-parent', '--new-session'],
]

async function commandOverhead(report: Report): Promise<void> {
  const folder = await realpath(mkdtempSync(join(tmpdir(), 'cst-bench-')))
  try {
    const workspace = join(folder, 'workspace')
    await mkdir(workspace)
    const sandbox = new Sandbox(workspace)
    const classifier = await sandbox.classifier()
    const argv = ['true']
    const bare: number[] = []
    const walled: number[] = []
    for (let round = 0; round <= RUNS; round++) {
      const bareMs = await timed(() => execute('bwrap', [...bareBubblewrap, ...argv]))
      const walledMs = await timed(async () => {
        const writable = classifier.argv(argv).verdict !== 'harmless'
        const ground = { kind: 'workspace', cwd: workspace, writable } as const
        await sandbox.run({ agent: 'bench', argv, timeoutSeconds: 60, ground }, new AbortController().signal)
      })
      // The first round warms both up.
      if (round > 0) {
        bare.push(bareMs)
        walled.push(walledMs)
      }
    }
    const [value, baseline] = [median(walled), median(bare)]
    const name = 'a command in the sandbox, median, beside bare bubblewrap'
    report({ name, value, unit: 'ms', baseline, ratio: value / baseline, goal: 'ratio at most 1.25' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function judging(report: Report): Promise<void> {
  const startedAt = performance.now()
  const classifier = await openClassifier()
  report({ name: 'loading the second parser', value: performance.now() - startedAt, unit: 'ms' })
  const times: number[] = []
  for (let round = 0; round < SCRIPTS * 2; round++) {
    const ms = await timed(async () => classifier.script(script))
    if (round >= SCRIPTS) times.push(ms)
  }
  report({ name: 'judging a script of 3 lines, median', value: median(times), unit: 'ms', goal: 'under 1 ms' })
}

export async function run(report: Report): Promise<void> {
  await commandOverhead(report)
  await judging(report)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
