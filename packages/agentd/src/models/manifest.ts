import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CastellanError, canonicalJson, Sha256Hex, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { writePrivateFile } from '../host/files/durable.ts'

/** One model that was let in. */
export const RegisteredModel = z.strictObject({
  /** The first 16 digits of its digest. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string().max(200),
  sha256: Sha256Hex,
  bytes: z.int().min(0),
  architecture: z.string().max(80),
  parameters: z.number().min(0),
  contextTokens: z.int().min(0),
  /** Where it came from, as it was asked for. */
  source: z.string().max(4096),
  /** Whether its digest was known beforehand, or was taken as it came. */
  pinned: z.boolean(),
  importedAt: Timestamp,
  importedBy: z.string().max(80),
  /** Taken out of use; the file is kept so that this can be undone. */
  removed: z.boolean(),
})
export type RegisteredModel = z.infer<typeof RegisteredModel>

const Body = z.strictObject({ version: z.literal(1), models: z.array(RegisteredModel) })
const Signed = z.strictObject({ body: Body, mac: Sha256Hex })

/** The list of models that may be used, under HMAC-SHA-256 by a key that only agentd has: nothing gets on it by itself. */
export class Manifest {
  readonly #path: string
  readonly #key: Buffer

  constructor(path: string, key: Buffer) {
    this.#path = path
    this.#key = key
  }

  /** Throws `manifest_mismatch` for a list that agentd did not write. */
  async load(): Promise<RegisteredModel[]> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (text === null) return []
    const parsed = Signed.safeParse(asJson(text))
    if (parsed.success && this.#isMine(parsed.data)) return parsed.data.body.models
    throw new CastellanError(
      'manifest_mismatch',
      `${this.#path} is not what agentd wrote, so no model on it is trusted. Find out who changed it; then move it away and ` +
        'import the models again.',
    )
  }

  async save(models: readonly RegisteredModel[]): Promise<void> {
    const body = Body.parse({ version: 1, models })
    await writePrivateFile(this.#path, `${JSON.stringify({ body, mac: this.#macOf(body) }, null, 2)}\n`)
  }

  #isMine({ body, mac }: z.infer<typeof Signed>): boolean {
    return timingSafeEqual(Buffer.from(mac, 'hex'), Buffer.from(this.#macOf(body), 'hex'))
  }

  #macOf(body: z.infer<typeof Body>): string {
    return createHmac('sha256', this.#key).update(canonicalJson(body)).digest('hex')
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
