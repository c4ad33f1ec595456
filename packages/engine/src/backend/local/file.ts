import { stat } from 'node:fs/promises'
import { fileDigest, type ModelFacts } from '@castellan/gguf'
import { inspectModel } from '../../gguf.ts'

/** A model file as it was when it was looked at. */
export interface ModelFile {
  readonly path: string
  readonly facts: ModelFacts
  /** SHA-256 of its bytes, hex. */
  readonly digest: Promise<string>
  readonly stamp: string
}

/**
 * Checks a file and begins to read it for its digest. What was known of it is taken over where nothing about it has changed.
 * Throws `model_invalid`.
 */
export async function openModelFile(
  path: string,
  known: ModelFile | undefined,
  signal: AbortSignal,
): Promise<ModelFile> {
  const stamp = await stampOf(path)
  if (known !== undefined && stamp !== undefined && known.stamp === stamp) return known
  const facts = await inspectModel(path)
  const digest = fileDigest(path, signal)
  // Whoever needs it awaits it; until then a failure waits, too.
  digest.catch(() => undefined)
  return { path, facts, digest, stamp: stamp ?? '' }
}

/** What changes when the file does; undefined where there is none. */
export async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch {
    return undefined
  }
}
