import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, GatewayHealth, Instance } from '@castellan/contracts'
import { z } from 'zod'
import type { Processes } from './processes.ts'

/** How long the supervisor may take: it looks every quarter of a second, and a process has five seconds to stop. */
const PATIENCE_MS = 15_000
const LOOK_MS = 100
const ANSWER_MS = 1000

/** The supervisor's lock: its process, told apart from a later one with the same number. */
const Lock = z.object({ pid: z.int().positive(), startTicks: z.string(), bootId: z.string() })

/**
 * Castellan's processes where `npm start` runs them. The supervisor follows the latch by itself; here it is seen to that it
 * does, and said where it does not.
 */
export class SupervisedProcesses implements Processes {
  readonly #stateFolder: string
  readonly #supervisor: number
  readonly #frozenAt: number

  private constructor(stateFolder: string, supervisor: number) {
    this.#stateFolder = stateFolder
    this.#supervisor = supervisor
    this.#frozenAt = Date.now()
  }

  /** Undefined where no supervisor has this state folder. */
  static async find(stateFolder: string): Promise<SupervisedProcesses | undefined> {
    const text = await readFile(join(stateFolder, 'lock'), 'utf8').catch(() => '')
    const lock = Lock.safeParse(asJson(text))
    if (!lock.success || !(await lives(lock.data))) return undefined
    return new SupervisedProcesses(stateFolder, lock.data.pid)
  }

  async hold(names: readonly string[]): Promise<string> {
    const sockets = await this.#sockets()
    for (const name of names) {
      const gone = await soon(async () => !(await answers(join(sockets, `${name}.sock`))))
      if (!gone) throw this.#deaf(`the ${name} still runs`)
    }
    return `The ${names.join(' and the ')} ${names.length === 1 ? 'does' : 'do'} not run, and the supervisor keeps it so.`
  }

  async release(names: readonly string[]): Promise<string> {
    return `The supervisor starts the ${names.join(' and the ')} again.`
  }

  /** Its old process is gone once one that started later answers, or nothing does. */
  async renew(name: string): Promise<string> {
    const instance = await this.#instance()
    if (instance === undefined) return `The ${name} does not run, so it holds nothing.`
    const renewed = await soon(async () => {
      const startedAt = await gatewayStart(instance.url)
      return startedAt !== null && startedAt >= this.#frozenAt
    })
    if (!renewed) throw this.#deaf(`the ${name} was not started anew`)
    return `The ${name} is another process now: what the old one had in memory is gone.`
  }

  async stopAll(): Promise<string> {
    process.kill(this.#supervisor, 'SIGTERM')
    const gone = await soon(async () => !existsSync(join(this.#stateFolder, 'lock')))
    if (!gone) throw this.#deaf('it does not stop')
    return 'The supervisor and all its processes are stopped.'
  }

  async foldersApart(): Promise<readonly string[]> {
    return []
  }

  async ownersFiles(): Promise<readonly string[]> {
    return []
  }

  async keysApart(): Promise<readonly string[]> {
    return []
  }

  async #instance(): Promise<Instance | undefined> {
    const text = await readFile(join(this.#stateFolder, 'run.json'), 'utf8').catch(() => '')
    return Instance.safeParse(asJson(text)).data
  }

  /** Beside the others: where the state folder's path is too long for sockets, they lie elsewhere. */
  async #sockets(): Promise<string> {
    const instance = await this.#instance()
    return instance === undefined ? join(this.#stateFolder, 'sockets') : join(instance.operatorSocket, '..')
  }

  #deaf(what: string): CastellanError {
    return new CastellanError(
      'deadline_exceeded',
      `The supervisor (process ${this.#supervisor}) does not follow: ${what}. End it with \`kill -9 ${this.#supervisor}\`; its processes end with it.`,
    )
  }
}

/** Start of the process in clock ticks since boot is field 22 of proc_pid_stat(5); its name before may hold brackets. */
async function lives({ pid, startTicks, bootId }: z.infer<typeof Lock>): Promise<boolean> {
  const [stat, boot] = await Promise.all(
    [`/proc/${pid}/stat`, '/proc/sys/kernel/random/boot_id'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const fields = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ')
  return fields[19] === startTicks && fields[0] !== 'Z' && boot?.trim() === bootId
}

/** Whether it came true within {@link PATIENCE_MS}. */
async function soon(condition: () => Promise<boolean>): Promise<boolean> {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(LOOK_MS)) {
    if (await condition()) return true
  }
  return false
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path: socket, timeout: ANSWER_MS })
    const settle = (up: boolean) => {
      probe.destroy()
      resolve(up)
    }
    probe.once('connect', () => settle(true))
    probe.once('timeout', () => settle(true))
    probe.once('error', () => settle(false))
  })
}

/** When the gateway that answers was started; null where none does. */
async function gatewayStart(url: string): Promise<number | null> {
  try {
    const answer = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(ANSWER_MS) })
    return Date.parse(GatewayHealth.parse(await answer.json()).started_at)
  } catch {
    return null
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
