import { createHmac } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Sha256Hex } from '@castellan/contracts'
import { writePrivateFile } from '@castellan/daemon'
import { z } from 'zod'
import { seal, unseal } from './sealed.ts'

/** How long a repetition is answered as the first time. */
export const KEPT_MS = 24 * 3600 * 1000

/** An answer as it went out. */
export const KeptAnswer = z.strictObject({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
})
export type KeptAnswer = z.infer<typeof KeptAnswer>

/** `answer` is null from before the request runs until its answer is known; a crash in between leaves it so. */
const Kept = z.strictObject({
  fingerprint: Sha256Hex,
  at: z.int(),
  answer: KeptAnswer.nullable(),
  /** It ran and was answered, but with something that is not kept. */
  unkept: z.boolean(),
})
export type Kept = z.infer<typeof Kept>

/**
 * One file for each key that was used, named by an HMAC and sealed: answers hold secrets, a new token for one, and the
 * folder alone gives none of them away. Each file is replaced in one step and on disk before the request goes on.
 */
export class KeptRequests {
  readonly #folder: string
  readonly #key: Uint8Array
  readonly #now: () => number
  /** Names, and when each ends; read from the folder at first use. */
  #names: Promise<Map<string, number>> | undefined

  constructor(folder: string, key: Uint8Array, now: () => number) {
    this.#folder = folder
    this.#key = key
    this.#now = now
  }

  /** The name under which a caller's key is kept; the caller's part comes first. */
  nameOf(caller: string, key: string): string {
    const digest = (text: string) => createHmac('sha256', this.#key).update(text).digest('hex')
    return `${digest(`caller\n${caller}`).slice(0, 16)}-${digest(`key\n${caller}\n${key}`)}`
  }

  /** How many are kept, of one caller and in all, once those of yesterday are gone. */
  async count(name: string): Promise<{ own: number; all: number }> {
    const names = await this.#all()
    for (const [other, endsAt] of names) if (endsAt <= this.#now()) await this.drop(other)
    const own = [...names.keys()].filter((other) => other.slice(0, 16) === name.slice(0, 16)).length
    return { own, all: names.size }
  }

  /** What is kept under a name; `damaged` for what cannot be read any more. */
  async read(name: string): Promise<Kept | 'damaged' | undefined> {
    const sealed = await readFile(join(this.#folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (sealed === undefined) return undefined
    const kept = Kept.safeParse(asJson(unseal(this.#key, sealed, name)))
    if (!kept.success) return 'damaged'
    if (kept.data.at + KEPT_MS > this.#now()) return kept.data
    await this.drop(name)
    return undefined
  }

  /** On disk when it returns. */
  async write(name: string, kept: Kept): Promise<void> {
    const names = await this.#all()
    await writePrivateFile(join(this.#folder, name), seal(this.#key, JSON.stringify(kept), name))
    names.set(name, kept.at + KEPT_MS)
  }

  async drop(name: string): Promise<void> {
    const names = await this.#all()
    await rm(join(this.#folder, name), { force: true })
    names.delete(name)
  }

  #all(): Promise<Map<string, number>> {
    this.#names ??= this.#list()
    return this.#names
  }

  async #list(): Promise<Map<string, number>> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const names = (await readdir(this.#folder)).filter((name) => !name.endsWith('.new'))
    const times = names.map(async (name) => (await stat(join(this.#folder, name))).mtimeMs)
    return new Map((await Promise.all(times)).map((time, index) => [names[index] as string, time + KEPT_MS]))
  }
}

function asJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
