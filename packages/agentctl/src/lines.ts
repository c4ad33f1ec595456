import { open } from 'node:fs/promises'
import { UsageError } from './exit.ts'

/** The lines of a file, in constant memory. Nothing is read before the first line is asked for, so none is lost. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const handle = await open(file).catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`)
  })
  yield* handle.readLines()
}
