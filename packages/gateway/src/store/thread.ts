import { Worker } from 'node:worker_threads'
import { CastellanError } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Answer, MethodOf, Question, StorePlaces, Stores } from './protocol.ts'

type Method<Name extends keyof Stores, Called extends MethodOf<Stores[Name]>> = Stores[Name][Called] extends (
  ...args: infer Args
) => infer Value
  ? { readonly args: Args; readonly value: Value }
  : never

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: CastellanError) => void
}

/** The thread with the databases of the gateway, started when it is first asked for something. What is asked is done in the order it was asked in. */
export class StoreThread {
  readonly #places: () => StorePlaces
  readonly #log: Log
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #asked = 0
  #closed = false

  /** `places` is called for each thread that is started, as the keys in it are overwritten there. */
  constructor(places: () => StorePlaces, log: Log) {
    this.#places = places
    this.#log = log
  }

  /** Rejects with what the store refuses, and with `conversations_unwritable` where the thread itself fails. */
  call<Name extends keyof Stores, Called extends MethodOf<Stores[Name]>>(
    store: Name,
    method: Called,
    ...args: Method<Name, Called>['args']
  ): Promise<Method<Name, Called>['value']> {
    if (this.#closed) {
      return Promise.reject(new CastellanError('shutting_down', 'The gateway is stopping; ask again when it is back.'))
    }
    this.#worker ??= this.#start()
    this.#asked += 1
    const question: Question = { id: this.#asked, store, method: String(method), args }
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.id, { resolve: resolve as (value: unknown) => void, reject })
      this.#worker?.postMessage(question)
    })
  }

  /** Closes the databases once everything that was asked is done. */
  async close(): Promise<void> {
    if (this.#closed) return
    const worker = this.#worker
    if (worker === null) {
      this.#closed = true
      return
    }
    worker.ref()
    const closing = [
      this.call('insights', 'finish'),
      this.call('decisions', 'finish'),
      this.call('conversations', 'finish'),
    ]
    this.#closed = true
    await Promise.allSettled(closing)
    await worker.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: this.#places() })
    worker.unref()
    worker.on('message', ({ id, value, fault }: Answer) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (fault === undefined) waiting?.resolve(value)
      else waiting?.reject(new CastellanError(fault.code, fault.message))
    })
    worker.on('error', (error) => this.#log.error({ err: error }, 'the thread with the conversations failed'))
    worker.on('exit', () => this.#lost(worker))
    return worker
  }

  /** The next question starts a new thread; what the old one was asked last may be done or not, and is said to be neither. */
  #lost(worker: Worker): void {
    if (this.#worker === worker) this.#worker = null
    for (const { reject } of this.#waiting.values()) {
      reject(new CastellanError('conversations_unwritable', 'The thread with the conversations failed; say it again.'))
    }
    this.#waiting.clear()
  }
}
