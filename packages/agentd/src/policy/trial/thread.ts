import { Worker } from 'node:worker_threads'
import { CastellanError } from '@castellan/contracts'
import type { Job, Verdict } from './job.ts'

/** Heap of the thread, in MiB: the largest file that is taken needs a fraction of it. */
const HEAP_MB = 256

/** Has a draft judged elsewhere. Throws `policy_invalid` for one that takes too long or breaks the thread, and what `signal` says. */
export async function judgeApart(job: Job, { ms, signal }: { ms: number; signal: AbortSignal }): Promise<Verdict> {
  signal.throwIfAborted()
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  })
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>()
  const late = setTimeout(() => reject(unfit(`it took longer than ${ms / 1000} s`)), ms)
  const gone = () => reject(signal.reason as Error)
  signal.addEventListener('abort', gone, { once: true })
  worker.once('message', resolve)
  worker.once('error', (error) => reject(unfit(`it could not be judged (${error.message.slice(0, 200)})`, error)))
  worker.once('exit', () => reject(unfit('judging it ended without an answer')))
  try {
    return await promise
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', gone)
    await worker.terminate()
  }
}

function unfit(why: string, cause?: unknown): CastellanError {
  return new CastellanError(
    'policy_invalid',
    `This draft is not taken: ${why}. Write fewer or simpler rules, then try again.`,
    { cause },
  )
}
