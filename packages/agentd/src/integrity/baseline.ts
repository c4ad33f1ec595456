import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { canonicalJson, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { writePrivateFile } from '../host/files/durable.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { EvidenceKey } from '../state/evidence-key.ts'

const BaselineBody = z.strictObject({
  version: z.literal(2),
  takenAt: Timestamp,
  takenBy: z.string(),
  watched: z.array(z.string()),
  /** The running NixOS system; null on other hosts. */
  system: z.string().nullable(),
  prints: z.record(z.string(), z.string()),
})
export type BaselineBody = z.infer<typeof BaselineBody>

const BaselineFile = z.strictObject({ body: BaselineBody, signature: z.base64() })

export interface BaselineStoreParts {
  readonly file: string
  readonly key: EvidenceKey
  readonly ledger: Pick<Recorder, 'append' | 'query'>
}

/**
 * The baseline on disk, signed by agentd, and its digest in the ledger: a file that somebody else wrote does not verify, and an older
 * one that was put back is not the newest that the ledger knows of.
 */
export class BaselineStore {
  readonly #parts: BaselineStoreParts

  constructor(parts: BaselineStoreParts) {
    this.#parts = parts
  }

  async load(): Promise<BaselineBody | 'none' | 'damaged'> {
    const { file, key } = this.#parts
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    const newest = await this.#newest()
    if (text === null) return newest === undefined ? 'none' : 'damaged'
    const parsed = BaselineFile.safeParse(asJson(text))
    if (!parsed.success || !key.hasSigned(parsed.data.body, parsed.data.signature)) return 'damaged'
    return newest === undefined || newest === digestOf(parsed.data.body) ? parsed.data.body : 'damaged'
  }

  /**
   * The ledger hears of it before it counts. `why`: `taken` by somebody; `switch`, or `change` and `reload` of what the owner did by
   * way of Castellan, with the entry that tells of it. `by`: who, where that is another than who took it.
   */
  async save(
    body: BaselineBody,
    why: { readonly why: string; readonly by?: string; readonly target?: number },
  ): Promise<void> {
    const { file, key, ledger } = this.#parts
    const signed = { body: BaselineBody.parse(body), signature: key.sign(body) }
    await ledger.append({
      type: 'integrity_baseline',
      actor: { kind: 'system', name: 'agentd' },
      ...(why.target === undefined ? {} : { target: why.target }),
      facts: {
        digest: digestOf(body),
        files: Object.keys(body.prints).length,
        by: why.by ?? body.takenBy,
        why: why.why,
        key: key.publicKey,
      },
    })
    await writePrivateFile(file, JSON.stringify(signed))
  }

  /** The digest of the newest baseline that the ledger knows; undefined where it knows none, or is damaged itself. */
  async #newest(): Promise<string | undefined> {
    const page = await this.#parts.ledger.query({ type: 'integrity_baseline', limit: 1 }).catch(() => undefined)
    const digest = page?.records[0]?.entry.facts?.digest
    return typeof digest === 'string' ? digest : undefined
  }
}

export function digestOf(body: BaselineBody): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex')
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
