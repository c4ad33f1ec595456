import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describeIssues } from '@castellan/contracts'
import { z } from 'zod'

/** What is read is what was agreed, is not there, or is damaged: never a part of it. */
export type Read<T> =
  | { readonly kind: 'whole'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly why: string }

export async function readState<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<Read<z.output<Schema>>> {
  try {
    return { kind: 'whole', value: schema.parse(JSON.parse(await readFile(file, 'utf8'))) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' }
    const why = error instanceof z.ZodError ? describeIssues(error) : (error as Error).message
    return { kind: 'damaged', why: `${file} cannot be read: ${why}` }
  }
}

/** Replaces a file (mode 0600) as a whole: after a crash it is the old one or the new one. Durable when it resolves. */
export async function writeState(file: string, value: unknown): Promise<void> {
  const fresh = `${file}.new`
  const handle = await open(fresh, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(fresh, file)
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
