import { parentPort, workerData } from 'node:worker_threads'
import { BundleFileReader, type BundleFiles } from '../verify/bundle-files.ts'

/** The thread that reads and hashes bundles ahead of the one that checks them. Takes bundle numbers, sends files. */
const reader = new BundleFileReader(workerData as string)

parentPort?.on('message', (n: number) => {
  try {
    const files = reader.readAndHash(n)
    const copies: BundleFiles = {
      entries: copyOf(files.entries),
      tile: copyOf(files.tile),
      payloads: copyOf(files.payloads),
      leafHashes: files.leafHashes,
      digests: files.digests,
    }
    const transfer = Object.values(copies).flatMap((bytes: Buffer | null) =>
      bytes === null ? [] : [bytes.buffer as ArrayBuffer],
    )
    parentPort?.postMessage({ n, files: copies }, transfer)
  } catch (error) {
    parentPort?.postMessage({ n, error })
  }
})

/** A copy with memory of its own, which can be handed over instead of copied again. */
function copyOf(bytes: Buffer | null): Buffer | null {
  if (bytes === null) return null
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}
