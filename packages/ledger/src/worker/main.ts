import { parentPort, workerData } from 'node:worker_threads'
import { BundleFileReader } from '../verify/bundle-files.ts'
import { type Filled, fillSlot } from '../verify/slot.ts'

/**
 * The thread that reads and hashes bundles ahead of the one that checks them. Takes the numbers of some bundles, puts each
 * into its slot, in turn, and answers with what is where.
 */
const { dir, slots } = workerData as { dir: string; slots: readonly SharedArrayBuffer[] }
const reader = new BundleFileReader(dir)

parentPort?.on('message', ({ first, count }: { first: number; count: number }) => {
  try {
    const filled: Filled[] = []
    for (let n = first; n < first + count; n += 1)
      filled.push(fillSlot(slots[n % slots.length] as SharedArrayBuffer, reader.readAndHash(n)))
    parentPort?.postMessage({ filled })
  } catch (error) {
    parentPort?.postMessage({ error })
  }
})
