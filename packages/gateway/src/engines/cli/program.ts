import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'

/** Longest line of output, and all of it, in characters: a result of a tool is in it, and the whole answer. */
const MAX_LINE = 4 * 1024 * 1024
const MAX_OUTPUT = 64 * 1024 * 1024
/** How long a program's output may go on after its end, in milliseconds. */
const LINGER_MS = 1_000
/** How much of what it complains about is kept. */
const STDERR_TAIL = 4_000
/** Limits of the program and all it starts (setrlimit(2)): no core file with secrets in it, no file above 256 MiB. */
const LIMITS = ['--core=0', `--fsize=${256 * 1024 * 1024}`, '--nofile=4096']

export interface ProgramRun {
  /** What stands in front of the command line; see `Walls`. */
  readonly walls?: readonly string[]
  readonly command: string
  readonly args: readonly string[]
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Written to its standard input, which then ends. */
  readonly input: string
  /** The whole run, in milliseconds. */
  readonly deadlineMs: number
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The end of what it wrote to standard error. */
  readonly stderr: string
}

/**
 * A program in a process group of its own, so that what it starts ends with it: when `signal` is aborted, when its time is
 * up, when whoever reads it stops, and when the gateway dies (`PR_SET_PDEATHSIG`).
 */
export class Program {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  #stderr = ''
  /** Whether it was ended because its time was up. */
  late = false

  private constructor(child: ChildProcess, { input, deadlineMs }: ProgramRun, signal: AbortSignal) {
    this.#child = child
    const kill = () => this.kill()
    const timer = setTimeout(() => {
      this.late = true
      kill()
    }, deadlineMs)
    signal.addEventListener('abort', kill, { once: true })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL)
    })
    // A program that ends before it has read everything is judged by how it ended.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    this.ended = new Promise((resolve) => {
      child.once('close', (code, killedBy) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', kill)
        // What it left behind in its group goes as well.
        this.#signalGroup()
        resolve({ code, signal: killedBy, stderr: this.#stderr })
      })
    })
    // Something that left the group may hold our end of a pipe for ever; what it would say is of no interest.
    child.once('exit', () => {
      const wait = setTimeout(() => {
        for (const stream of [child.stdout, child.stderr]) stream?.destroy()
      }, LINGER_MS)
      child.once('close', () => clearTimeout(wait))
    })
    if (signal.aborted) kill()
  }

  /** Starts it. Throws `engine_unavailable` when it, or what limits it, is not installed. */
  static async start(run: ProgramRun, signal: AbortSignal): Promise<Program> {
    const [prlimit, setpriv] = ['prlimit', 'setpriv'].map((name) => findProgram(name))
    if (prlimit === undefined || setpriv === undefined) {
      throw new CastellanError(
        'engine_unavailable',
        'Programs are run with limits by prlimit and setpriv, which are not there: install util-linux.',
      )
    }
    const args = [...LIMITS, '--', setpriv, '--pdeathsig', 'KILL', '--', ...(run.walls ?? []), run.command, ...run.args]
    const child = spawn(prlimit, args, { cwd: run.cwd, env: run.env, detached: true, stdio: 'pipe' })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (cause) => {
        reject(new CastellanError('engine_unavailable', `${run.command} could not be started.`, { cause }))
      })
    })
    return new Program(child, run, signal)
  }

  /** Its standard output, line by line. Leaving the loop ends it. Throws `engine_garbled` on more than it can have to say. */
  async *lines(): AsyncGenerator<string, void, void> {
    const { stdout } = this.#child
    if (stdout === null) return
    let rest = ''
    let size = 0
    try {
      for await (const text of stdout.setEncoding('utf8') as AsyncIterable<string>) {
        size += text.length
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        if (size > MAX_OUTPUT || rest.length > MAX_LINE) throw tooMuch()
        for (const line of lines) if (line.trim() !== '') yield line
      }
      if (rest.trim() !== '') yield rest
    } catch (error) {
      // It was taken from somebody who held it after the end: what came before is all there is.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
    } finally {
      this.kill()
    }
  }

  /** Ends it and all it started, at once: it has nothing to put in order. */
  kill(): void {
    this.#signalGroup()
  }

  #signalGroup(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // There is nobody left.
    }
  }
}

/** The full path of a program, looked up as the shell would. */
export function findProgram(command: string, path = process.env.PATH ?? ''): string | undefined {
  const candidates = isAbsolute(command) ? [command] : path.split(delimiter).map((folder) => join(folder, command))
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK)
      return isAbsolute(candidate)
    } catch {
      return false
    }
  })
}

function tooMuch(): CastellanError {
  return new CastellanError('engine_garbled', 'The program wrote more than any answer can be, so it was ended.')
}
