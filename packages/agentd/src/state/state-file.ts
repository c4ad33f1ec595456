import { readFile } from 'node:fs/promises'
import { CastellanError, describeIssues } from '@castellan/contracts'
import type { z } from 'zod'
import { writePrivateFile } from '../host/files/durable.ts'

/**
 * One value in a private JSON file (0600), replaced whole: a crash leaves the old value or the new one. Saves happen in
 * the order in which they were asked for.
 */
export class StateFile<Schema extends z.ZodType> {
  readonly path: string
  readonly #schema: Schema
  #saving: Promise<void> = Promise.resolve()

  constructor(path: string, schema: Schema) {
    this.path = path
    this.#schema = schema
  }

  /** The value last saved, or undefined where there is no file yet. Throws `config_invalid` on a file that makes no sense. */
  async load(): Promise<z.output<Schema> | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return undefined
    const result = this.#schema.safeParse(asJson(text))
    if (result.success) return result.data
    throw new CastellanError(
      'config_invalid',
      `${this.path} is damaged (${describeIssues(result.error)}). Put it back from a backup, or move it away to start afresh.`,
    )
  }

  /** On disk when it returns. */
  save(value: z.input<Schema>): Promise<void> {
    const text = `${JSON.stringify(value, null, 2)}\n`
    const saved = this.#saving.then(() => writePrivateFile(this.path, text))
    this.#saving = saved.catch(() => undefined)
    return saved
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
