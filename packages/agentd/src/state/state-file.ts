import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { CastellanError, describeIssues } from '@castellan/contracts'
import type { z } from 'zod'
import { writePrivateFile } from '../host/files/durable.ts'
import { isSealed, seal, unseal } from './seal.ts'

/**
 * One value in a private JSON file (0600), replaced whole: a crash leaves the old value or the new one. Saves happen in
 * the order in which they were asked for.
 */
export class StateFile<Schema extends z.ZodType> {
  readonly path: string
  readonly #schema: Schema
  readonly #key: Uint8Array | undefined
  #saving: Promise<void> = Promise.resolve()

  /** With a key (one of `StateKeys.derive`) the file is encrypted; one that is not yet is read, and encrypted when it is saved next. */
  constructor(path: string, schema: Schema, key?: Uint8Array) {
    this.path = path
    this.#schema = schema
    this.#key = key
  }

  /** The value last saved, or undefined where there is no file yet. Throws `config_invalid` on a file that makes no sense. */
  async load(): Promise<z.output<Schema> | undefined> {
    const bytes = await readFile(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (bytes === undefined) return undefined
    const plain = this.#key !== undefined && isSealed(bytes) ? unseal(this.#key, bytes, basename(this.path)) : bytes
    const result = this.#schema.safeParse(asJson(plain?.toString('utf8') ?? ''))
    if (result.success) return result.data
    throw new CastellanError(
      'config_invalid',
      `${this.path} is damaged (${describeIssues(result.error)}). Put it back from a backup, or move it away to start afresh.`,
    )
  }

  /** On disk when it returns. */
  save(value: z.input<Schema>): Promise<void> {
    const text = `${JSON.stringify(value, null, 2)}\n`
    const content = this.#key === undefined ? text : seal(this.#key, text, basename(this.path))
    const saved = this.#saving.then(() => writePrivateFile(this.path, content))
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
