import type { ChildProcess } from 'node:child_process'
import { sep } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import {
  MAX_STAGE_LINE_BYTES,
  MAX_STAGE_OUTPUT_BYTES,
  type StageJob,
  StageLine,
  type StageVerdict,
  stageProgram,
} from '@castellan/quarantine'
import { type Mount, type Sandbox, workLimits } from '../sandbox/index.ts'
import { feed } from '../sandbox/launch.ts'
import type { StageOptions, StageRunner } from './stage-runner.ts'

/** Where a stage sees the candidate. */
const CANDIDATE = '/candidate'
/** Folders that every stage sees anyhow; programs there need no mount. */
const SEEN = ['/usr/', '/nix/store/']
/** Castellan's own code: packages, and the libraries beside them. */
const root = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '')

/**
 * Each stage in a sandbox of its own: no network, no other process, an empty folder in memory, Castellan's code and the
 * candidate reading only, limits of time and memory. When it ends, however it ends, every process in it ends.
 */
export class SandboxedStages implements StageRunner {
  readonly #sandbox: Sandbox
  readonly #program: readonly string[]

  /** `program` is what runs a stage: Castellan's own without it. */
  constructor(sandbox: Sandbox, program: readonly string[] = [process.execPath, ...process.execArgv, stageProgram()]) {
    this.#sandbox = sandbox
    this.#program = program
  }

  candidateFolder(): string {
    return CANDIDATE
  }

  async run(job: StageJob, { folder, seconds, memoryBytes, progress, signal }: StageOptions): Promise<StageVerdict> {
    signal.throwIfAborted()
    const mounts = [...ownCode(), ...(folder === undefined ? [] : [{ from: folder, to: CANDIDATE, writable: false }])]
    const child = await this.#sandbox.serve({
      agent: `quarantine ${job.stage}`,
      argv: this.#program,
      env: {},
      mounts,
      // The engine speaks over one that lies in the sandbox's own folder.
      unixSockets: job.stage === 'behaviour',
      limits: workLimits(seconds, memoryBytes),
    })
    let stopped: 'deadline' | 'output' | undefined
    const stop = (why?: typeof stopped): void => {
      stopped ??= why
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => stop('deadline'), seconds * 1000)
    const onAbort = () => stop()
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) stop()
    try {
      const words = wordsOf(child.stderr as Readable)
      if (child.stdin !== null) feed(child.stdin, JSON.stringify(job))
      let verdict: StageVerdict | undefined
      const closed = closedOf(child)
      const faults = await readLines(child.stdout as Readable, (line) => {
        if ('verdict' in line) verdict = line.verdict
        else progress(line.progress)
      }).catch((error: Error) => {
        stop('output')
        return error.message
      })
      const code = await closed
      signal.throwIfAborted()
      const fault =
        stopped === 'deadline'
          ? `It did not end within ${seconds} seconds`
          : (faults ?? (code !== 0 ? `It ended with ${code ?? 'a signal'}${words()}` : undefined))
      if (fault !== undefined || verdict === undefined || verdict.stage !== job.stage) {
        return failed(job, fault ?? 'It gave no verdict')
      }
      return verdict
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }
}

/** A stage that came to no verdict is a reason to refuse: what breaks the examiner is not let in. */
function failed({ stage }: StageJob, why: string): StageVerdict {
  const message = `The stage came to no verdict. ${why}.`.slice(0, 500)
  return {
    stage,
    result: 'refused',
    summary: message,
    findings: [{ level: 'refuse', code: 'stage_failed', message }],
    evidence: {},
  }
}

/** What is not seen anyhow: Castellan's code, its libraries, Node. */
function ownCode(): Mount[] {
  const paths = [`${root}${sep}packages`, `${root}${sep}node_modules`, process.execPath]
  const missing = paths.filter((path) => !SEEN.some((seen) => path.startsWith(seen)))
  return missing
    .filter((path) => !missing.some((other) => other !== path && path.startsWith(`${other}${sep}`)))
    .map((path) => ({ from: path, to: path, writable: false }))
}

/** Every line of a stage, each as it has to be; throws for one that is not. */
async function readLines(stream: Readable, take: (line: StageLine) => void): Promise<undefined> {
  let rest = Buffer.alloc(0)
  let bytes = 0
  const parse = (line: Buffer): void => {
    const parsed = StageLine.safeParse(asJson(line.toString('utf8')))
    if (!parsed.success) throw new Error('It wrote something that is no verdict')
    take(parsed.data)
  }
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_STAGE_OUTPUT_BYTES) throw new Error('It wrote more than a stage has to say')
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      parse(rest.subarray(0, end))
      rest = rest.subarray(end + 1)
    }
    if (rest.length > MAX_STAGE_LINE_BYTES) throw new Error('It wrote a line longer than any verdict')
  }
  if (rest.length > 0) parse(rest)
}

/** The end of what it said of its troubles, for a message: one line, no escapes. */
function wordsOf(stream: Readable): () => string {
  let tail = ''
  stream.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-4000)
  })
  return () => {
    const line = tail.split('\n').findLast((text) => /error/i.test(text)) ?? tail.trim().split('\n').at(-1) ?? ''
    const shown = line
      .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ')
      .trim()
      .slice(0, 200)
    return shown === '' ? '' : `: ${shown}`
  }
}

function closedOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('close', (code) => resolve(code))
    child.once('error', reject)
  })
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Command line of the engine that the behaviour stage starts, as this process was started. */
export function engineCommand(): string[] {
  const self = fileURLToPath(import.meta.url)
  const main = self.endsWith('.ts') ? 'src/main.ts' : 'dist/main.js'
  return [process.execPath, ...process.execArgv, `${root}${sep}packages${sep}engine${sep}${main}`]
}
