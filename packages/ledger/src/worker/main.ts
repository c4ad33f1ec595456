import { parentPort, workerData } from 'node:worker_threads'
import { BundleFileReader } from '../verify/bundle-files.ts'
import { fillSlot } from '../verify/slot.ts'

/**
 * The thread that reads and hashes bundles ahead of the one that checks them. Takes a bundle number and a slot to put it into,
 * answers with what is where.
 */
const { dir, slots } = workerData as { dir: string; slots: readonly SharedArrayBuffer[] }
const reader = new BundleFileReader(dir)

parentPort?.on('message', ({ n, slot }: { n: number; slot: number }) => {
  try {
    parentPort?.postMessage({ filled: fillSlot(slots[slot] as SharedArrayBuffer, reader.readAndHash(n)) })
  } catch (error) {
    parentPort?.postMessage({ error })
  }
})
