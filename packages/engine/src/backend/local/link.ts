import type { Log } from '@castellan/daemon'
import type { Isolation } from '../../worker/isolation.ts'
import { type WorkerExit, WorkerProcess } from '../../worker/process.ts'
import type { LoadOptions, SeededCompletion, WorkerReport } from '../../worker/protocol.ts'
import { toolsKey } from '../decision.ts'
import { Watchdog } from '../watchdog.ts'
import { ToolLists } from './tool-lists.ts'

/** How a worker came to its end. */
export interface WorkerEnd extends WorkerExit {
  /** It said nothing for so long that it was ended, in milliseconds; undefined where it ended by itself. */
  readonly silentMs: number | undefined
  readonly livedMs: number
  /** In words that go on after "gave up". */
  readonly how: string
}

interface Listener {
  readonly onReport: (report: WorkerReport) => void
  readonly onEnd: (end: WorkerEnd) => void
}

/** One worker: what it is told, what it says, and whether it gets on with what is expected of it. */
export class WorkerLink {
  readonly #worker: WorkerProcess
  readonly #toolLists: ToolLists
  readonly #watchdog: Watchdog
  readonly #startedAt = Date.now()
  #limitMs = 0
  #silentMs: number | undefined

  constructor(isolation: Isolation, log: Log, { onReport, onEnd }: Listener) {
    this.#watchdog = new Watchdog(() => {
      this.#silentMs = this.#limitMs
      log.error({ worker: this.pid, limitMs: this.#limitMs }, 'the worker got no further and is ended')
      void this.stop()
    })
    this.#worker = new WorkerProcess(isolation, log, {
      onReport: (report) => {
        this.#watchdog.heard()
        onReport(report)
      },
      onExit: (exit) => {
        this.#watchdog.rest()
        const words = exit.lastWords === '' ? '' : `: ${exit.lastWords}`
        const how = `${exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`}${words}`
        onEnd({ ...exit, how, silentMs: this.#silentMs, livedMs: Date.now() - this.#startedAt })
      },
    })
    this.#toolLists = new ToolLists((command) => this.#worker.send(command))
  }

  get pid(): number | undefined {
    return this.#worker.pid
  }

  /** Loads a model; a sign of life is expected every `limitMs` until {@link rest}. */
  load(options: LoadOptions, limitMs: number): void {
    this.#expect(limitMs)
    this.#worker.send({ type: 'load', options })
  }

  /** Begins a completion; the same is expected of it. Returns the key of its tools. */
  complete(id: number, { tools, ...request }: SeededCompletion, limitMs: number): string {
    this.#expect(limitMs)
    const key = toolsKey(tools)
    this.#toolLists.provide(key, tools)
    this.#worker.send({ type: 'complete', id, request, toolsKey: key })
    return key
  }

  cancel(id: number): void {
    this.#worker.send({ type: 'cancel', id })
  }

  /** Nothing is expected of it for now. */
  rest(): void {
    this.#watchdog.rest()
  }

  async stop(): Promise<void> {
    this.#watchdog.rest()
    await this.#worker.stop()
  }

  #expect(limitMs: number): void {
    this.#limitMs = limitMs
    this.#watchdog.watch(limitMs)
  }
}
