import { CastellanError, CredentialId } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { CredentialFault, CredentialWish, EngineCredential, EngineCredentials } from '../engines/credentials.ts'
import type { Records } from '../records.ts'
import type { Activity } from './activity.ts'
import type { CatalogueEntry } from './catalogue.ts'
import { knownProvider } from './providers.ts'
import type { CredentialStore } from './store.ts'
import { unknown } from './store.ts'
import type { Uses } from './uses.ts'

/** How long a credential rests whose provider does not say, and longest that a provider's word counts, in seconds. */
const COOL_DOWN_SECONDS = 30 * 60
const MAX_COOL_DOWN_SECONDS = 24 * 3600

export interface SelectionParts {
  readonly store: CredentialStore
  readonly activity: Activity
  readonly uses: Uses
  readonly records: Pick<Records, 'append'>
  readonly log: Log
  readonly now?: () => number
}

/**
 * Which credential pays. Of a provider's, the oldest that is healthy: one that did not work rests, and the next takes its place until
 * it is well again.
 */
export class Selection implements EngineCredentials {
  readonly #parts: SelectionParts
  readonly #now: () => number

  constructor(parts: SelectionParts) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
  }

  /**
   * Throws `credential_missing`, `credential_unknown`, `credential_revoked`, `credential_cooling_down` with the time until one is
   * well, or why the store is not open.
   */
  async pick(wish: CredentialWish, except: ReadonlySet<string> = new Set()): Promise<EngineCredential> {
    const { store, activity, uses } = this.#parts
    const all = (await store.read())?.catalogue.credentials ?? []
    const entry =
      wish.credential === undefined ? this.#next(all, wish.provider, except) : this.#named(all, wish.credential)
    const now = this.#now()
    await uses.count(entry.id, entry.provider, now)
    activity.used(entry.id, now)
    const { secret } = await store.secret(entry.id)
    return {
      id: entry.id,
      label: entry.label,
      auth: entry.auth,
      secret,
      // Never left open: a secret goes to its own provider, whatever an agent's engine says.
      baseUrl: entry.base_url ?? knownProvider(entry.provider)?.baseUrl ?? null,
    }
  }

  async failed(id: string, fault: CredentialFault, retryAfterSeconds?: number): Promise<void> {
    const { store, activity, records, log } = this.#parts
    const entry = (await store.read())?.catalogue.credentials.find((candidate) => candidate.id === id)
    if (entry === undefined) return
    const wanted = retryAfterSeconds ?? COOL_DOWN_SECONDS
    const seconds = Math.min(Math.max(Number.isFinite(wanted) ? wanted : COOL_DOWN_SECONDS, 1), MAX_COOL_DOWN_SECONDS)
    const until = this.#now() + seconds * 1000
    await activity.cool(id, until, fault)
    const record = {
      type: 'credential_cooling_down',
      credential: CredentialId.parse(id),
      provider: entry.provider,
      reason: fault,
      until: new Date(until).toISOString(),
    } as const
    // It rests either way; a ledger that is away must not keep a conversation on a credential that does not work.
    await records.append(record).catch((error: unknown) => log.warn({ err: error }, 'a cool-down is not on record'))
  }

  #next(all: readonly CatalogueEntry[], provider: string, except: ReadonlySet<string>): CatalogueEntry {
    const own = all.filter((entry) => entry.provider === provider && entry.revoked_at === null)
    if (own.length === 0) {
      throw new CastellanError(
        'credential_missing',
        `There is no credential of ${provider}. Add one on the page Engine, or with: agentctl credential add ${provider}`,
      )
    }
    const healthy = own.find(({ id }) => !except.has(id) && this.#cooling(id) === undefined)
    if (healthy !== undefined) return healthy
    throw this.#resting(`No credential of ${provider} works at the moment`, own)
  }

  #named(all: readonly CatalogueEntry[], id: string): CatalogueEntry {
    const entry = all.find((candidate) => candidate.id === id)
    if (entry === undefined) throw unknown(id)
    if (entry.revoked_at !== null) {
      throw new CastellanError(
        'credential_revoked',
        `The credential ${id} was revoked. Choose another one, or rotate it.`,
      )
    }
    if (this.#cooling(id) !== undefined)
      throw this.#resting(`The credential ${entry.label} does not work at the moment`, [entry])
    return entry
  }

  #cooling(id: string): number | undefined {
    return this.#parts.activity.coolsUntil(id, this.#now())
  }

  #resting(what: string, entries: readonly CatalogueEntry[]): CastellanError {
    const until = Math.min(...entries.map(({ id }) => this.#cooling(id) ?? Number.POSITIVE_INFINITY))
    const seconds = Number.isFinite(until) ? Math.max(1, Math.ceil((until - this.#now()) / 1000)) : undefined
    const reasons = new Set(entries.map(({ id }) => this.#parts.activity.of(id).cooling_down?.reason ?? 'tried'))
    const when = seconds === undefined ? 'Test them' : `The first is tried again in ${seconds} s; test it`
    return new CastellanError(
      'credential_cooling_down',
      `${what} (${[...reasons].join(', ')}). ${when} (agentctl credential test), or add another one.`,
      seconds === undefined ? {} : { retryAfterSeconds: seconds },
    )
  }
}
