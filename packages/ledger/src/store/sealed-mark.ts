import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged } from '../error.ts'
import { type Checkpoint, openCheckpoint } from '../note/checkpoint.ts'
import type { Verifier } from '../note/keys.ts'
import type { MarkSeal } from '../seal/mark-seal.ts'
import { writeFileDurably } from './files.ts'

export const SEALED_MARK_FILE = 'high-water.sealed'

/** Sealing takes a process and perhaps a TPM: the sealed copy follows the mark at this distance, ms. */
const SEAL_EVERY_MS = 60_000

/** How the mark is kept, for people. */
export interface MarkKeeping {
  readonly sealed: boolean
  readonly message: string
}

/**
 * A second high-water mark beside the first, sealed to the machine: whoever can write the key folder, or has the signing key,
 * but not the use of the machine's own key, cannot make one for another history. Brought up at start, every minute and at
 * close. That it cannot be made keeps nobody from appending: the mark in the clear is there all the same.
 */
export class SealedMark {
  readonly #path: string
  readonly #seal: MarkSeal | null
  readonly #newest: () => string
  #sealed = ''
  #keeping: MarkKeeping
  #timer: NodeJS.Timeout | undefined
  #work: Promise<void> = Promise.resolve()

  /** `newest` is the acknowledged checkpoint; `why` says why there is no seal. */
  constructor(keyDir: string, seal: MarkSeal | null, why: string, newest: () => string) {
    this.#path = join(keyDir, SEALED_MARK_FILE)
    this.#seal = seal
    this.#newest = newest
    this.#keeping = { sealed: false, message: `The high-water mark is a file, not sealed: ${why}.` }
  }

  get keeping(): MarkKeeping {
    return this.#keeping
  }

  /** Seals now and from then on. The first copy of all is waited for. */
  async start(first: boolean): Promise<void> {
    if (this.#seal === null) return
    const work = this.#raise()
    if (first) await work
    this.#timer = setInterval(() => void this.#raise(), SEAL_EVERY_MS).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#raise()
  }

  #raise(): Promise<void> {
    this.#work = this.#work.then(() => this.#write())
    return this.#work
  }

  async #write(): Promise<void> {
    const seal = this.#seal
    const checkpoint = this.#newest()
    if (seal === null || checkpoint === this.#sealed) return
    try {
      await writeFileDurably(this.#path, await seal.seal(Buffer.from(checkpoint)))
      this.#sealed = checkpoint
      this.#keeping = { sealed: true, message: `The high-water mark is sealed by ${seal.name}.` }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#keeping = { sealed: false, message: `The high-water mark could not be sealed by ${seal.name}: ${why}` }
    }
  }
}

/** The sealed mark, null where there is none. One that does not open, or that the log's keys have not signed, is damage. */
export async function readSealedMark(
  keyDir: string,
  seal: MarkSeal,
  keys: readonly Verifier[],
): Promise<Checkpoint | null> {
  const path = join(keyDir, SEALED_MARK_FILE)
  const sealed = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (sealed === null) return null
  try {
    return openCheckpoint(await seal.unseal(sealed), keys)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause)
    const detail = { kind: 'mark_missing', subject: 'mark' } as const
    throw damaged(`${path} is not the mark that this machine sealed (${why})`, detail, cause)
  }
}
