import { execFile } from 'node:child_process'
import type { Log } from './log/logger.ts'

/** A word that was not passed on within this time is given up, in milliseconds. */
const WORD_MS = 10_000
/** The watchdog is fed this often within its time, so that one late word does not end the process. */
const WORDS_PER_WATCHDOG = 3

/**
 * Tells systemd how this process is (sd_notify(3)). Node has no sockets of the kind that systemd listens on, so
 * systemd-notify(1) is started for each word; its unit has to say `NotifyAccess=all`.
 */
export class ServiceManager {
  readonly #environment: NodeJS.ProcessEnv
  readonly #watchdogMs: number | undefined
  readonly #log: Log
  #speaking = false

  private constructor(environment: NodeJS.ProcessEnv, watchdogMs: number | undefined, log: Log) {
    this.#environment = environment
    this.#watchdogMs = watchdogMs
    this.#log = log
  }

  /**
   * Undefined where systemd did not start us, or does not want to hear of us. Takes the address out of the environment:
   * what this process starts has nothing to say to systemd.
   */
  static take(env: NodeJS.ProcessEnv, log: Log): ServiceManager | undefined {
    const { NOTIFY_SOCKET: address, PATH, WATCHDOG_USEC, WATCHDOG_PID } = env
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
    if (address === undefined) return undefined
    const isMeant = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
    const watchdogMs = isMeant && WATCHDOG_USEC !== undefined ? Number(WATCHDOG_USEC) / 1000 : undefined
    return new ServiceManager({ NOTIFY_SOCKET: address, ...(PATH === undefined ? {} : { PATH }) }, watchdogMs, log)
  }

  /**
   * Says that the process is ready, and from here on that it lives. The watchdog's words come from this process's own event
   * loop: when that stands still for the whole time, they stay away and systemd starts it anew.
   */
  async ready(): Promise<void> {
    await this.#say('READY=1')
    if (this.#watchdogMs === undefined) return
    setInterval(() => void this.#say('WATCHDOG=1'), this.#watchdogMs / WORDS_PER_WATCHDOG).unref()
  }

  /** Never rejects: a process that works is not ended because nobody hears of it. systemd sees to that by its own time limits. */
  #say(word: string): Promise<void> {
    if (this.#speaking) return Promise.resolve()
    this.#speaking = true
    return new Promise((resolve) => {
      execFile('systemd-notify', [word], { env: this.#environment, timeout: WORD_MS }, (error) => {
        this.#speaking = false
        if (error !== null) this.#log.error({ err: error, word }, 'systemd could not be told')
        resolve()
      })
    })
  }
}
