import { closeSync, openSync, readSync } from 'node:fs'
import { CastellanError } from '@castellan/contracts'

/** The first four bytes of every GGUF file, per the GGUF specification. */
const MAGIC = 'GGUF'

/** Refuses what cannot be a model before any process is started. The engine examines the rest. */
export function checkModel(file: string): void {
  const start = Buffer.alloc(MAGIC.length)
  try {
    const descriptor = openSync(file, 'r')
    try {
      readSync(descriptor, start, 0, start.length, 0)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw new CastellanError('model_invalid', `The model ${file} cannot be read: ${(cause as Error).message}.`, {
      cause,
    })
  }
  if (start.toString('latin1') !== MAGIC) {
    throw new CastellanError('model_invalid', `${file} is not a GGUF file. --model takes a chat model in GGUF form.`)
  }
}
