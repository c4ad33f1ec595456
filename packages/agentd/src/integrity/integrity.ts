import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CastellanError, canonicalJson, Sha256Hex, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { writePrivateFile } from '../host/files/durable.ts'
import type { IntegrityFinding, IntegrityPort, IntegrityReport } from '../host/integrity.ts'
import { takeSnapshot } from './snapshot.ts'

const Body = z.strictObject({
  version: z.literal(1),
  takenAt: Timestamp,
  takenBy: z.string(),
  watched: z.array(z.string()),
  prints: z.record(z.string(), z.string()),
})
/** `mac` is HMAC-SHA-256 over the canonical JSON of `body`, by a key that only root can read. */
const BaselineFile = z.strictObject({ body: Body, mac: Sha256Hex })

export interface IntegrityParts {
  readonly file: string
  readonly key: Buffer
  readonly watched: readonly string[]
  /** Told of a violation, in a sentence. */
  readonly onViolation: (subject: string, summary: string) => void
}

/** Holds what is there against a baseline that was taken when the owner knew that all was well. */
export class Integrity implements IntegrityPort {
  readonly #parts: IntegrityParts

  constructor(parts: IntegrityParts) {
    this.#parts = parts
  }

  get watched(): readonly string[] {
    return this.#parts.watched
  }

  async check(signal: AbortSignal): Promise<IntegrityReport> {
    const { watched, onViolation } = this.#parts
    const baseline = await this.#load()
    const nothing = { takenAt: null, takenBy: null, baselineDigest: null, files: 0, findings: [], watched }
    if (baseline === 'none') return { ...nothing, state: 'none' }
    if (baseline === 'damaged') {
      onViolation('baseline', 'The integrity baseline is not what agentd wrote.')
      return { ...nothing, state: 'damaged' }
    }
    const { prints, unreadable } = await takeSnapshot(baseline.watched, signal)
    const findings = compare(new Map(Object.entries(baseline.prints)), prints, unreadable)
    if (findings.length > 0) {
      const named = findings.slice(0, 3).map(({ path, what }) => `${path} is ${what}`)
      onViolation('files', `${findings.length} watched files differ from the baseline: ${named.join(', ')}.`)
    }
    return {
      state: findings.length === 0 ? 'intact' : 'violated',
      takenAt: new Date(baseline.takenAt),
      takenBy: baseline.takenBy,
      baselineDigest: digestOf(baseline),
      files: prints.size,
      findings,
      watched: baseline.watched,
    }
  }

  async takeBaseline(by: string, signal: AbortSignal): Promise<IntegrityReport> {
    const { prints, unreadable } = await takeSnapshot(this.#parts.watched, signal)
    if (unreadable.length > 0) {
      throw new CastellanError(
        'permission_denied',
        `${unreadable.length} watched files cannot be read, first of all ${unreadable[0]}. agentd has to run as root for that.`,
      )
    }
    const body = Body.parse({
      version: 1,
      takenAt: new Date().toISOString(),
      takenBy: by,
      watched: [...this.#parts.watched],
      prints: Object.fromEntries(prints),
    })
    await writePrivateFile(this.#parts.file, JSON.stringify({ body, mac: this.#macOf(body) }))
    const taken = { takenAt: new Date(body.takenAt), takenBy: by, baselineDigest: digestOf(body) }
    return { state: 'intact', ...taken, files: prints.size, findings: [], watched: body.watched }
  }

  async #load(): Promise<z.infer<typeof Body> | 'none' | 'damaged'> {
    const text = await readFile(this.#parts.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (text === null) return 'none'
    const parsed = BaselineFile.safeParse(asJson(text))
    if (!parsed.success) return 'damaged'
    const { body, mac } = parsed.data
    const same = timingSafeEqual(Buffer.from(mac, 'hex'), Buffer.from(this.#macOf(body), 'hex'))
    return same ? body : 'damaged'
  }

  #macOf(body: z.infer<typeof Body>): string {
    return createHmac('sha256', this.#parts.key).update(canonicalJson(body)).digest('hex')
  }
}

function compare(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  unreadable: readonly string[],
): IntegrityFinding[] {
  const blind = new Set(unreadable)
  const findings: IntegrityFinding[] = unreadable.map((path) => ({ path, what: 'unreadable' }))
  for (const [path, print] of before) {
    if (blind.has(path)) continue
    const found = now.get(path)
    if (found === undefined) findings.push({ path, what: 'missing' })
    else if (found !== print) findings.push({ path, what: 'changed' })
  }
  for (const path of now.keys()) if (!before.has(path)) findings.push({ path, what: 'added' })
  return findings.sort((left, right) => (left.path < right.path ? -1 : 1))
}

function digestOf(body: z.infer<typeof Body>): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex')
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
