import { Worker } from 'node:worker_threads'
import { BundleFileReader, type BundleFiles } from './bundle-files.ts'

/** Bundles that the other thread may be ahead; bounds the memory that waits. */
const AHEAD = 3

/** Below this a second thread takes longer to start than it saves. */
const WORTH_A_THREAD = 100

/** Bundles `from` to `end - 1` in order, read and hashed by another thread where there are many. */
export async function* bundlesAhead(dir: string, from: number, end: number): AsyncGenerator<BundleFiles> {
  if (end - from < WORTH_A_THREAD) {
    const reader = new BundleFileReader(dir)
    for (let n = from; n < end; n += 1) {
      yield reader.read(n)
      await new Promise(setImmediate)
    }
    return
  }
  const script = import.meta.url.endsWith('.ts') ? '../worker/main.ts' : '../worker/main.js'
  const worker = new Worker(new URL(script, import.meta.url), {
    workerData: dir,
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
  })
  const inbox = new Inbox(worker)
  try {
    for (let n = from; n < Math.min(end, from + AHEAD); n += 1) worker.postMessage(n)
    for (let n = from; n < end; n += 1) {
      const files = await inbox.take()
      if (n + AHEAD < end) worker.postMessage(n + AHEAD)
      yield files
    }
  } finally {
    await worker.terminate()
  }
}

interface Message {
  readonly files?: Record<keyof BundleFiles, Uint8Array | null>
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

  async take(): Promise<BundleFiles> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const { files, error } = this.#messages.shift() as Message
    if (files === undefined) throw error
    return {
      entries: asBuffer(files.entries),
      tile: asBuffer(files.tile),
      payloads: asBuffer(files.payloads),
      leafHashes: asBuffer(files.leafHashes),
      digests: asBuffer(files.digests),
    }
  }

  #put(message: Message): void {
    this.#messages.push(message)
    this.#wake?.()
    this.#wake = null
  }
}

/** Buffers arrive as plain byte arrays. */
function asBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
