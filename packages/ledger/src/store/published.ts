import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged, LedgerError } from '../error.ts'
import { type Checkpoint, openCheckpoint } from '../note/checkpoint.ts'
import type { Verifier } from '../note/keys.ts'
import { READ } from './open-flags.ts'

/** The checkpoint file, null where there is none yet. It is written after its entries are durable, so it counts as acknowledged. */
export async function readPublished(dir: string, verifiers: readonly Verifier[]): Promise<Checkpoint | null> {
  const bytes = await readFile(join(dir, 'checkpoint'), { flag: READ }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (bytes === null) return null
  try {
    return openCheckpoint(bytes, verifiers)
  } catch (cause) {
    const why = cause instanceof LedgerError ? ` (${cause.message.replace(/\.$/, '')})` : ''
    throw damaged(`The checkpoint file is not as written${why}`, { subject: 'checkpoint', file: 'checkpoint' }, cause)
  }
}
