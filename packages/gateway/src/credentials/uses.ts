import type { CredentialId, LedgerRecordRequest } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Records } from '../records.ts'

/** At most one record of a credential's uses in this time, in milliseconds. */
const EVERY_MS = 15 * 60 * 1000

interface Count {
  readonly provider: string
  /** Uses that no record tells of yet, and the first of them. */
  uses: number
  since: number
  recordedAt: number
}

/** Puts uses of credentials on record: the first one before it happens, those that follow within a quarter of an hour together. */
export class Uses {
  readonly #records: Pick<Records, 'append'>
  readonly #log: Log
  readonly #counts = new Map<string, Count>()
  readonly #timer: NodeJS.Timeout

  constructor(records: Pick<Records, 'append'>, log: Log, everyMs: number = EVERY_MS) {
    this.#records = records
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), everyMs)
    this.#timer.unref()
  }

  /** Throws where the first use cannot be recorded: then it must not happen. */
  async count(id: CredentialId, provider: string, now: number): Promise<void> {
    const count = this.#counts.get(id)
    if (count !== undefined && now - count.recordedAt < EVERY_MS) {
      if (count.uses === 0) count.since = now
      count.uses += 1
      return
    }
    const missed = count?.uses ?? 0
    const since = missed === 0 ? now : (count?.since ?? now)
    // Uses that come while this is being recorded are counted and not recorded again.
    const next: Count = { provider, uses: 0, since: now, recordedAt: now }
    this.#counts.set(id, next)
    try {
      await this.#records.append(used(id, provider, missed + 1, since))
    } catch (error) {
      next.uses += missed
      next.since = since
      next.recordedAt = 0
      throw error
    }
  }

  /** Records what was counted. Never throws: what cannot be recorded now is counted on. */
  async flush(now: number = Date.now()): Promise<void> {
    for (const [id, count] of this.#counts) {
      const { uses, since, provider } = count
      if (uses === 0) continue
      count.uses = 0
      count.recordedAt = now
      await this.#records.append(used(id as CredentialId, provider, uses, since)).catch((error: unknown) => {
        count.uses += uses
        count.since = since
        this.#log.warn({ err: error }, 'uses of a credential are not on record yet')
      })
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}

function used(credential: CredentialId, provider: string, uses: number, since: number): LedgerRecordRequest {
  return { type: 'credential_used', credential, provider, uses, since: new Date(since).toISOString() }
}
