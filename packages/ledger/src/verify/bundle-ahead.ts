import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { BundleFileReader, type BundleFiles } from './bundle-files.ts'
import { type Filled, newSlot, readSlot } from './slot.ts'

/** Bundles asked for with one message: waking a thread costs more than reading a bundle. */
const TOGETHER = 4

/** Bundles that the other thread may be ahead: it fills one half while the other is checked. */
const AHEAD = 2 * TOGETHER

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
  const ask = (first: number) => {
    if (first < end) worker.postMessage({ first, count: Math.min(TOGETHER, end - first) })
  }
  try {
    ask(from)
    ask(from + TOGETHER)
    for (let first = from; first < end; first += TOGETHER) {
      for (const [i, filled] of (await inbox.take()).entries())
        yield readSlot(slots[(first + i) % AHEAD] as SharedArrayBuffer, filled)
      // Only now are their slots free again.
      ask(first + AHEAD)
    }
  } finally {
    await worker.terminate()
  }
}

interface Message {
  readonly filled?: readonly Filled[]
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

  async take(): Promise<readonly Filled[]> {
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
