import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { BundleFileReader, type BundleFiles } from './bundle-files.ts'
import { type Filled, newSlot, readSlot } from './slot.ts'

/** Bundles that the other thread may be ahead. */
const AHEAD = 4

/** Below this a second thread takes longer to start than it saves. */
const WORTH_A_THREAD = 100

/**
 * Bundles `from` to `end - 1` in order, read and hashed by another thread where there are many. Each is valid until the
 * next one is asked for.
 */
export async function* bundlesAhead(dir: string, from: number, end: number): AsyncGenerator<BundleFiles> {
  if (end - from < WORTH_A_THREAD) {
    const reader = new BundleFileReader(dir)
    for (let n = from; n < end; n += 1) {
      yield reader.read(n)
      await new Promise(setImmediate)
    }
    return
  }
  const slots = Array.from({ length: AHEAD }, newSlot)
  const script = import.meta.url.endsWith('.ts') ? '../worker/main.ts' : '../worker/main.js'
  const cache = getCompileCacheDir()
  const worker = new Worker(new URL(script, import.meta.url), {
    workerData: { dir, slots },
    // A thread does not take over the process's compile cache by itself; without it, stripping types costs it 15 MiB.
    ...(cache === undefined ? {} : { env: { NODE_COMPILE_CACHE: dirname(cache) } }),
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
  })
  const inbox = new Inbox(worker)
  const ask = (n: number) => worker.postMessage({ n, slot: n % AHEAD })
  try {
    for (let n = from; n < Math.min(end, from + AHEAD); n += 1) ask(n)
    for (let n = from; n < end; n += 1) {
      yield readSlot(slots[n % AHEAD] as SharedArrayBuffer, await inbox.take())
      // Only now is the slot free again.
      if (n + AHEAD < end) ask(n + AHEAD)
    }
  } finally {
    await worker.terminate()
  }
}

interface Message {
  readonly filled?: Filled
  readonly error?: unknown
}

/** Messages of a worker in the order they came. */
class Inbox {
  readonly #messages: Message[] = []
  #wake: (() => void) | null = null

  constructor(worker: Worker) {
    worker.on('message', (message: Message) => this.#put(message))
    worker.on('error', (error) => this.#put({ error }))
  }

  async take(): Promise<Filled> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const { filled, error } = this.#messages.shift() as Message
    if (filled === undefined) throw error
    return filled
  }

  #put(message: Message): void {
    this.#messages.push(message)
    this.#wake?.()
    this.#wake = null
  }
}
