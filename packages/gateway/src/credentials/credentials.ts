import {
  CastellanError,
  type CredentialDraft,
  type CredentialExport,
  type CredentialId,
  type CredentialImport,
  type CredentialTest,
  type CredentialView,
  type ExportRequest,
  type ImportRequest,
  MAX_CREDENTIALS,
  newId,
} from '@castellan/contracts'
import type { EngineCredentials } from '../engines/credentials.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Records } from '../records.ts'
import type { Activity } from './activity.ts'
import type { CatalogueEntry } from './catalogue.ts'
import { previewOf } from './preview.ts'
import { probe } from './probe.ts'
import { checkSecret } from './providers.ts'
import { type CredentialStore, type Draft, unknown } from './store.ts'
import type { Exported } from './transfer.ts'
import { viewOf } from './view.ts'

export interface CredentialParts {
  readonly store: CredentialStore
  readonly activity: Activity
  readonly records: Pick<Records, 'append'>
  readonly outbound: Pick<Outbound, 'fetch'>
  /** Has one rest that its provider does not take. */
  readonly selection: Pick<EngineCredentials, 'failed'>
}

/** What may be done to credentials. Each act is in the ledger; secrets go in, and come out only encrypted or to their provider. */
export class Credentials {
  readonly #parts: CredentialParts
  /** Exports and imports go one after another: each may take a quarter of a GiB for its passphrase. */
  #transfer: Promise<unknown> = Promise.resolve()

  constructor(parts: CredentialParts) {
    this.#parts = parts
  }

  async list(): Promise<CredentialView[]> {
    return (await this.#entries()).map((entry) => this.#view(entry))
  }

  async get(id: CredentialId): Promise<CredentialView> {
    return this.#view(await this.#entry(id))
  }

  /** Throws `credential_invalid`, `credentials_full`, or what the store and the ledger refuse with. */
  async create({ secret, ...draft }: CredentialDraft): Promise<CredentialView> {
    checkSecret(draft, secret)
    const entry = await this.#parts.store.change((change) => {
      const entry = addTo(change, { ...draft, base_url: draft.base_url ?? null, secret })
      const { id, provider, auth, version } = entry
      return { record: { type: 'credential_created', credential: id, provider, auth, version }, result: entry }
    })
    return this.#view(entry)
  }

  async rotate(id: CredentialId, secret: string): Promise<CredentialView> {
    const entry = await this.#parts.store.change((change) => {
      const entry = entryIn(change, id)
      if (entry.revoked_at !== null) throw revoked(id)
      checkSecret(entry, secret)
      entry.version += 1
      entry.rotated_at = new Date().toISOString()
      entry.preview = previewOf(secret)
      entry.envelope = change.sealSecret(id, entry.version, secret)
      const { provider, version } = entry
      return { record: { type: 'credential_rotated', credential: id, provider, version }, result: entry }
    })
    await this.#parts.activity.renewed(id)
    return this.#view(entry)
  }

  /** A second time changes nothing. */
  async revoke(id: CredentialId): Promise<CredentialView> {
    const before = await this.#entry(id)
    if (before.revoked_at !== null) return this.#view(before)
    const entry = await this.#parts.store.change((change) => {
      const entry = entryIn(change, id)
      entry.revoked_at ??= new Date().toISOString()
      entry.envelope = null
      change.secrets.delete(id)
      return { record: { type: 'credential_revoked', credential: id, provider: entry.provider }, result: entry }
    })
    return this.#view(entry)
  }

  async remove(id: CredentialId): Promise<void> {
    await this.#parts.store.change((change) => {
      const { provider } = entryIn(change, id)
      const { credentials } = change.catalogue
      credentials.splice(
        credentials.findIndex((entry) => entry.id === id),
        1,
      )
      change.secrets.delete(id)
      return { record: { type: 'credential_deleted', credential: id, provider }, result: undefined }
    })
    await this.#parts.activity.forget(id)
  }

  /** Asks the provider for one token. How it went is in the ledger before it is answered; one that is refused rests. */
  async test(id: CredentialId, model: string | undefined, signal: AbortSignal): Promise<CredentialTest> {
    const { store, activity, records, outbound, selection } = this.#parts
    const before = await this.#entry(id)
    if (before.revoked_at !== null) throw revoked(id)
    const { secret, entry } = await store.secret(id)
    const { provider, auth, base_url: baseUrl } = entry
    const result = await probe(outbound, { provider, auth, baseUrl, secret, model }, signal)
    const code = result.code === null ? {} : { code: result.code }
    await records.append({ type: 'credential_tested', credential: id, provider, ok: result.ok, ...code })
    await activity.tested(id, Date.now(), result.ok, result.code)
    // Nobody needs to meet in a chat what was found out here. A limit of the rate will be over before it would be well again.
    if (result.code === 'unauthorized' || result.code === 'quota_exhausted') await selection.failed(id, result.code)
    return result
  }

  /** Every secret there is, encrypted. On record before it is answered. */
  async export(to: ExportRequest): Promise<CredentialExport> {
    const { store, records } = this.#parts
    const exported: Exported[] = []
    for (const { id, revoked_at } of await this.#entries()) {
      if (revoked_at !== null) continue
      const { secret, entry } = await store.secret(id)
      const { provider, auth, label, base_url } = entry
      exported.push({ provider, auth, label, base_url, secret })
    }
    const file = await this.#inTurn(async () => (await transfer()).encryptExport(exported, to))
    const form =
      'recipient' in to
        ? ({ form: 'age_recipient', recipient: to.recipient.slice(0, 96) } as const)
        : ({ form: 'passphrase' } as const)
    await records.append({ type: 'credentials_exported', count: exported.length, ...form })
    return { file, credentials: exported.length }
  }

  /** All or nothing. What is here with the same secret is skipped. */
  async import(request: ImportRequest): Promise<CredentialImport> {
    const { store } = this.#parts
    const wanted = await this.#inTurn(async () => (await transfer()).decryptExport(request))
    for (const one of wanted) checkSecret(one, one.secret)
    const known = new Set<string>()
    for (const { id, provider, revoked_at } of await this.#entries()) {
      if (revoked_at === null) known.add(sameness(provider, (await store.secret(id)).secret))
    }
    const fresh = wanted.filter(({ provider, secret }) => {
      const same = sameness(provider, secret)
      return !known.has(same) && known.add(same)
    })
    const skipped = wanted.length - fresh.length
    if (fresh.length === 0) return { imported: [], skipped }
    const imported = await store.change((change) => {
      const ids = fresh.map((one) => addTo(change, one).id)
      return { record: { type: 'credentials_imported', count: ids.length }, result: ids }
    })
    return { imported, skipped }
  }

  async #entries(): Promise<readonly CatalogueEntry[]> {
    return (await this.#parts.store.read())?.catalogue.credentials ?? []
  }

  async #entry(id: CredentialId): Promise<CatalogueEntry> {
    const entry = (await this.#entries()).find((candidate) => candidate.id === id)
    if (entry === undefined) throw unknown(id)
    return entry
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#transfer.then(task)
    this.#transfer = done.catch(() => undefined)
    return done
  }

  #view(entry: CatalogueEntry): CredentialView {
    return viewOf(entry, this.#parts.activity, Date.now())
  }
}

function addTo(change: Draft, { secret, ...draft }: Exported): CatalogueEntry {
  const { credentials } = change.catalogue
  if (credentials.length >= MAX_CREDENTIALS) {
    throw new CastellanError(
      'credentials_full',
      `There are ${MAX_CREDENTIALS} credentials, which is as many as are kept. Delete one that is not used any more.`,
    )
  }
  const id = newId('cred')
  const entry: CatalogueEntry = {
    id,
    ...draft,
    version: 1,
    preview: previewOf(secret),
    created_at: new Date().toISOString(),
    rotated_at: null,
    revoked_at: null,
    envelope: change.sealSecret(id, 1, secret),
  }
  credentials.push(entry)
  return entry
}

function entryIn({ catalogue }: Draft, id: CredentialId): CatalogueEntry {
  const entry = catalogue.credentials.find((candidate) => candidate.id === id)
  if (entry === undefined) throw unknown(id)
  return entry
}

function sameness(provider: string, secret: string): string {
  return `${provider} ${secret}`
}

function revoked(id: CredentialId): CastellanError {
  return new CastellanError(
    'credential_revoked',
    `The credential ${id} was revoked and has no secret. Add another one.`,
  )
}

/** Loaded for those who export or import: age is a fifth of what a start would load. */
function transfer(): Promise<typeof import('./transfer.ts')> {
  return import('./transfer.ts')
}
