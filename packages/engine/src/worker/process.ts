import { type ChildProcess, spawn } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Log } from '@castellan/daemon'
import type { Isolation } from './isolation.ts'
import type { WorkerCommand, WorkerReport } from './protocol.ts'

const STDERR_TAIL_BYTES = 4096
/**
 * The worker makes little garbage: a small nursery saves a dozen megabytes and costs nothing measurable. It may collect by
 * itself, because what the library keeps behind its objects is not seen by V8, which would let it grow.
 */
const MEMORY = ['--max-semi-space-size=1', '--expose-gc']

export interface WorkerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last thing llama.cpp said before it went, in one line; empty when it said nothing. */
  readonly lastWords: string
}

export interface WorkerHandlers<Report = WorkerReport> {
  readonly onReport: (report: Report) => void
  readonly onExit: (exit: WorkerExit) => void
}

/**
 * A process that holds the native library: the worker's own program, or `program` beside it. It has no configuration of its
 * own and nothing secret in its environment.
 */
export class WorkerProcess<Command = WorkerCommand, Report = WorkerReport> {
  readonly #child: ChildProcess
  #stderr = ''
  #exited = false

  constructor({ prefix }: Isolation, log: Log, handlers: WorkerHandlers<Report>, program = './main') {
    const self = fileURLToPath(import.meta.url)
    const entry = fileURLToPath(new URL(`${program}${extname(self)}`, import.meta.url))
    const [command = '', ...args] = [...prefix, process.execPath, ...process.execArgv, ...MEMORY, entry]
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: workerEnvironment() })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_BYTES)
      log.debug({ stderr: text.trimEnd() }, 'worker')
    })
    this.#child.on('message', (report) => handlers.onReport(report as Report))
    const exited = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (this.#exited) return
      this.#exited = true
      handlers.onExit({ code, signal, lastWords: lastLine(this.#stderr) })
    }
    this.#child.once('error', (error) => {
      this.#stderr += `\n${error.message}`
      exited(null, null)
    })
    // `close`, not `exit`: what the process said last may still be in the pipe.
    this.#child.once('close', exited)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  send(command: Command): void {
    // A worker that has just died says so by its exit; a command it cannot take needs no second report.
    if (this.#child.connected) this.#child.send(command as object, () => undefined)
  }

  /** Ends the process at once. It holds nothing that would need to be put away. */
  async stop(): Promise<void> {
    if (this.#exited) return
    const gone = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}

function workerEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('CASTELLAN_'))
  // A failed assertion would otherwise look for a debugger and wait for it before the process ends.
  return { ...Object.fromEntries(entries), GGML_NO_BACKTRACE: '1' }
}

/** The line that says what went wrong: an assertion or an error where there is one, otherwise the last line. */
function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const telling = lines.filter((line) => line !== '')
  const line = telling.findLast((line) => /assert|error|failed|what\(\)/i.test(line)) ?? telling.at(-1) ?? ''
  // Where the library was built says nothing to anybody.
  return line.replace(/(?:\/[\w.@-]+)+\/([\w.-]+:\d+)/, '$1')
}
