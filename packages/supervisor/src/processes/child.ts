import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { exitCodes } from '@castellan/daemon'
import type { ProcessDefinition } from './definition.ts'
import { isHealthy } from './health.ts'
import { lastWords, rotateLog } from './log-file.ts'

const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 30_000
/** A process that ran this long has earned a quick restart again, in milliseconds. */
const STEADY_AFTER_MS = 60_000
const HEALTH_INTERVAL_MS = 15
/** Ends in a row without having been ready even once, after which a first start is given up. */
const FAILED_STARTS = 3

export interface Ending {
  /** `exit code 1`, or `signal SIGKILL`. */
  readonly how: string
  readonly configInvalid: boolean
  readonly lastWords: string | undefined
  /** Nothing but a change by its owner would make it start: it is not tried again. */
  readonly final: boolean
  /** Milliseconds until it is started again; absent where it is not. */
  readonly restartInMs?: number
}

export interface ChildEvents {
  readonly onEnd: (ending: Ending) => void
  readonly onRestarted: () => void
}

/** One process and its restarts. It is started again until it is stopped or held, with growing pauses. */
export class Child {
  readonly definition: ProcessDefinition
  readonly #events: ChildEvents
  #process: ChildProcess | undefined
  #restart: NodeJS.Timeout | undefined
  #stopping = false
  #held = false
  #failures = 0
  #startedAt = 0
  #logStart = 0
  #wasReady = false
  /** Set when the process will not be started again. */
  #gaveUp: Ending | undefined

  constructor(definition: ProcessDefinition, events: ChildEvents) {
    this.definition = definition
    this.#events = events
    rotateLog(definition.logFile)
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  start(): void {
    if (this.#held) return
    const { command, args, env, logFile } = this.definition
    // The child writes its log itself, so that its last words are kept even when we are gone first.
    const log = openSync(
      logFile,
      constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
      0o600,
    )
    this.#logStart = fstatSync(log).size
    this.#startedAt = performance.now()
    try {
      // A group of its own: Ctrl-C in the terminal reaches only us, and we stop the others in order.
      const child = spawn(command, args, { env, stdio: ['pipe', log, log], detached: true })
      this.#process = child
      // Its standard input ends when we do; nothing is ever written to it, so a broken pipe is no news.
      child.stdin?.on('error', () => undefined)
      let ended = false
      const end = (how: string, code: number | null): void => {
        if (ended) return
        ended = true
        this.#onEnd(how, code)
      }
      child.once('error', (error) => end(error.message, null))
      child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`, code))
    } finally {
      closeSync(log)
    }
  }

  /** Waits until the process answers its health route. False where it will not be started again, or `signal` is aborted. */
  async ready(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted && !this.#stopping && this.#gaveUp === undefined) {
      if (this.#process !== undefined && (await isHealthy(this.definition.health))) {
        this.#wasReady = true
        return true
      }
      await new Promise((resolve) => setTimeout(resolve, HEALTH_INTERVAL_MS))
    }
    return false
  }

  /** How it ended for good, where it has. */
  get gaveUp(): Ending | undefined {
    return this.#gaveUp
  }

  /** SIGTERM, and SIGKILL after `graceMs`. Tells whether it went by itself. It is not started again. */
  stop(graceMs: number): Promise<'stopped' | 'killed'> {
    this.#stopping = true
    return this.#end(graceMs)
  }

  /** Stops it as {@link stop} does, and starts it again no sooner than at {@link release}. */
  hold(graceMs: number): Promise<'stopped' | 'killed'> {
    this.#held = true
    return this.#end(graceMs)
  }

  /** Starts what was held. One that was given up before is given another try. */
  release(): void {
    if (!this.#held || this.#stopping) return
    this.#held = false
    this.#failures = 0
    this.#gaveUp = undefined
    this.start()
  }

  /** Ends it at once, with whatever it has started itself. It is not started again. */
  kill(): void {
    this.#stopping = true
    this.#killNow()
  }

  async #end(graceMs: number): Promise<'stopped' | 'killed'> {
    clearTimeout(this.#restart)
    const child = this.#process
    if (child === undefined) return 'stopped'
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    let killed = false
    const timer = setTimeout(() => {
      killed = true
      this.#killNow()
    }, graceMs)
    await gone
    clearTimeout(timer)
    return killed ? 'killed' : 'stopped'
  }

  #killNow(): void {
    clearTimeout(this.#restart)
    const pid = this.#process?.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  #onEnd(how: string, code: number | null): void {
    this.#process = undefined
    if (this.#stopping || this.#held) return
    const wasSteady = this.#wasReady && performance.now() - this.#startedAt > STEADY_AFTER_MS
    this.#failures = wasSteady ? 1 : this.#failures + 1

    const configInvalid = code === exitCodes.configInvalid
    const ending = { how, configInvalid, lastWords: lastWords(this.definition.logFile, this.#logStart) }
    const neverStarts = !this.#wasReady && this.#failures >= FAILED_STARTS && this.definition.required
    if (configInvalid || neverStarts) {
      this.#gaveUp = { ...ending, final: true }
      this.#events.onEnd(this.#gaveUp)
      return
    }
    const restartInMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 1))
    this.#restart = setTimeout(() => {
      this.start()
      this.#events.onRestarted()
    }, restartInMs)
    this.#events.onEnd({ ...ending, final: false, restartInMs })
  }
}
