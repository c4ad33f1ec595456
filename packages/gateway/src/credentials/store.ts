import { randomBytes } from 'node:crypto'
import { CastellanError, type LedgerRecordRequest } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { open, rewrap, seal } from '../keys/envelope.ts'
import type { GatewayKeys } from '../keys/gateway-keys.ts'
import type { Kek } from '../keys/kek.ts'
import { type Records, wasNotWritten } from '../records.ts'
import type { Catalogue } from './catalogue.ts'
import { loadStore } from './load.ts'
import type { StoreDisk } from './store-disk.ts'
import { refusalOf, StoreFault } from './store-fault.ts'
import { aboutSecret, digestOf, encodeStore, isWhollyUnder, type StoreState } from './store-format.ts'

export interface StoreParts {
  readonly disk: StoreDisk
  readonly keys: GatewayKeys
  readonly records: Pick<Records, 'append' | 'credentialStoreMark'>
  /** Whether the operator has frozen agents at a level that closes the store, or nobody knows yet. */
  readonly freeze: { readonly credentialsLocked: boolean; readonly freeze: unknown }
  /** Told of all secrets when they were read or have changed. */
  readonly onSecrets?: (secrets: () => readonly string[]) => void
  readonly log: Log
}

/** A record that goes with a change, before the store's own fields are added. */
export type ChangeRecord = WithoutState<Extract<LedgerRecordRequest, { generation: number }>>
type WithoutState<Record> = Record extends unknown ? Omit<Record, 'store' | 'generation' | 'event'> : never

/** What a change may do to the store. */
export interface Draft {
  readonly catalogue: Omit<Catalogue, 'event'>
  readonly secrets: Map<string, Buffer>
  /** Seals a secret and answers its digest for the catalogue. */
  sealSecret(id: string, version: number, secret: string): string
}

/**
 * The credentials on disk. A change is written beside the store, put on record in agentd's ledger, and only then takes the store's
 * place: killed at any step, the next start finds the old state or carries the new one through. The ledger is the store's memory of
 * how new it is: a store older than the newest record does not load.
 */
export class CredentialStore {
  readonly #parts: StoreParts
  #state: StoreState | undefined
  /** Whether what is in memory may not be what counts on disk: then it is read again first. */
  #stale = true
  #told: string | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** What is in the store; undefined where nothing ever was. Throws why it is not open. */
  read(): Promise<StoreState | undefined> {
    return this.#inTurn(() => this.#opened())
  }

  /** One secret. Throws `credential_unknown` where there is none under that id. */
  secret(id: string): Promise<{ readonly secret: string; readonly entry: Catalogue['credentials'][number] }> {
    return this.#inTurn(async () => {
      const state = await this.#opened()
      const entry = state?.catalogue.credentials.find((candidate) => candidate.id === id)
      const envelope = state?.secrets.get(id)
      if (entry === undefined || envelope === undefined) throw unknown(id)
      const plain = open(this.#parts.keys.keks, envelope, aboutSecret(id, entry.version))
      const secret = plain.toString('latin1')
      plain.fill(0)
      return { secret, entry }
    })
  }

  /**
   * Changes the store as `change` says; what it throws leaves everything as it was. On disk and on record when it resolves. Throws
   * the ledger's refusal; where nobody knows whether the record arrived, the change is carried through as soon as agentd answers.
   */
  change<T>(change: (draft: Draft) => { readonly record: ChangeRecord; readonly result: T }): Promise<T> {
    return this.#inTurn(async () => this.#change(await this.#opened(), change))
  }

  /** Puts another key-encryption key in the place of the one there is. */
  rotateKey(): Promise<void> {
    return this.#inTurn(async () => this.#rotateKey(await this.#opened()))
  }

  /** Moves a store that does not load aside and begins an empty one. Throws `conflict` where it loads. */
  reset(): Promise<void> {
    return this.#inTurn(async () => {
      const fault = await this.#opened().then(
        () => undefined,
        (error: unknown) => error,
      )
      if (fault === undefined) {
        throw new CastellanError(
          'conflict',
          'The credential store is in order, so there is nothing to reset. Delete its credentials instead.',
        )
      }
      if (!(fault instanceof CastellanError && fault.code.startsWith('credential_store_'))) throw fault
      await this.#parts.disk.setAside(`refused-${randomBytes(6).toString('hex')}`)
      await this.#change(undefined, () => ({ record: { type: 'credential_store_made' }, result: undefined }))
    })
  }

  /** Takes the key out of memory, for this run and those after it. */
  lock(): Promise<void> {
    return this.#inTurn(async () => {
      this.forget()
      await this.#parts.disk.setLocked(true)
    })
  }

  unlock(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#parts.disk.setLocked(false)
      await this.#opened()
    })
  }

  /** Takes key and catalogue out of memory at once. */
  forget(): void {
    this.#parts.keys.forget()
    this.#state = undefined
    this.#stale = true
  }

  async #opened(): Promise<StoreState | undefined> {
    const { disk, keys, freeze } = this.#parts
    if (freeze.credentialsLocked || (await disk.isLocked())) {
      this.forget()
      throw freeze.credentialsLocked ? frozen(freeze.freeze) : locked()
    }
    if (!this.#stale) return this.#state
    if (keys.keks.length === 0) await keys.recall()
    try {
      this.#state = await loadStore(this.#parts)
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error
      throw await this.#refused(refusalOf(error, disk.file))
    }
    this.#stale = false
    this.#told = undefined
    this.#tellSecrets()
    // A rotation that a crash left half done, or a next key that systemd hands over.
    if (await keys.rotationIsOpen()) await this.#finishRotation()
    return this.#state
  }

  /** Where it cannot be finished now, both keys stay, and with them everything that was there. */
  async #finishRotation(): Promise<void> {
    try {
      await this.#rotateKey(this.#state)
    } catch (error) {
      if (this.#stale) throw error
      this.#parts.log.warn(
        { err: error },
        'the rotation of the key is not finished; it is tried again at the next start',
      )
    }
  }

  async #change<T>(
    before: StoreState | undefined,
    change: (draft: Draft) => { readonly record: ChangeRecord; readonly result: T },
    kek = this.#kek(),
  ): Promise<T> {
    const secrets = new Map(before?.secrets)
    const catalogue = structuredClone({
      credentials: before?.catalogue.credentials ?? [],
      phrase_shown: before?.catalogue.phrase_shown ?? null,
    })
    const { record, result } = change({
      catalogue,
      secrets,
      sealSecret(id, version, secret) {
        const envelope = seal(kek, Buffer.from(secret, 'latin1'), aboutSecret(id, version))
        secrets.set(id, envelope)
        return digestOf(envelope)
      },
    })
    const store = before?.store ?? randomBytes(16).toString('hex')
    const generation = (before?.generation ?? 0) + 1
    const event = { ...record, store, generation, event: randomBytes(12).toString('base64url') } as LedgerRecordRequest
    const after: StoreState = { store, generation, key: kek.id, catalogue: { ...catalogue, event }, secrets }
    await this.#carryThrough(encodeStore(kek, after), event)
    this.#state = after
    this.#tellSecrets()
    return result
  }

  /** Without the key, or once it was taken out of memory, there is nothing to tell. */
  #tellSecrets(): void {
    const { keys, onSecrets } = this.#parts
    onSecrets?.(() =>
      (this.#state?.catalogue.credentials ?? []).flatMap(({ id, version }) => {
        const envelope = this.#state?.secrets.get(id)
        return envelope === undefined ? [] : [open(keys.keks, envelope, aboutSecret(id, version)).toString('latin1')]
      }),
    )
  }

  /** Written, on record, in place: in this order. */
  async #carryThrough(bytes: Buffer, event: LedgerRecordRequest): Promise<void> {
    const { disk, records } = this.#parts
    await disk.prepare(bytes)
    this.#stale = true
    try {
      await records.append(event)
    } catch (error) {
      if (!wasNotWritten(error)) throw undecided(error)
      await disk.discard()
      this.#stale = false
      throw error
    }
    await disk.commit()
    this.#stale = false
  }

  async #rotateKey(state: StoreState | undefined): Promise<void> {
    const { keys } = this.#parts
    const keks = keys.keks
    const next = await keys.beginRotation()
    if (state !== undefined && !isWhollyUnder(state, next)) {
      await this.#change(
        state,
        ({ catalogue, secrets }) => {
          for (const entry of catalogue.credentials) {
            const envelope = secrets.get(entry.id)
            if (envelope === undefined) continue
            const moved = rewrap([...keks, next], next, envelope, aboutSecret(entry.id, entry.version))
            secrets.set(entry.id, moved)
            entry.envelope = digestOf(moved)
          }
          return { record: { type: 'credential_key_rotated', key: next.id }, result: undefined }
        },
        next,
      )
    }
    await keys.finishRotation()
  }

  #kek(): Kek {
    const [kek] = this.#parts.keys.keks
    if (kek === undefined) throw locked()
    return kek
  }

  /** Says once in the log and the ledger what every request is told. */
  async #refused(refusal: CastellanError): Promise<CastellanError> {
    const { log, records } = this.#parts
    if (this.#told === refusal.code) return refusal
    this.#told = refusal.code
    log.error({ code: refusal.code }, refusal.message)
    const record = { type: 'credential_store_refused', ok: false, code: refusal.code } as const
    await records.append(record).catch((error: unknown) => log.warn({ err: error }, 'the refusal is not on record'))
    return refusal
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task)
    this.#last = done.catch(() => undefined)
    return done
  }
}

export function unknown(id: string): CastellanError {
  return new CastellanError(
    'credential_unknown',
    `There is no credential ${id} with a secret; \`agentctl credential list\` shows those there are.`,
  )
}

function locked(): CastellanError {
  return new CastellanError(
    'credentials_locked',
    'The credential store is locked, so nothing uses a credential. Unlock it: agentctl credential unlock',
  )
}

function frozen(freeze: unknown): CastellanError {
  if (freeze === null) {
    return new CastellanError(
      'agentd_unavailable',
      'agentd does not answer yet, so nobody knows whether credentials may be used. Try again in a moment.',
      { retryAfterSeconds: 1 },
    )
  }
  return new CastellanError(
    'credentials_locked',
    'All agents are frozen and the credential store is closed. `agentctl thaw` opens it again.',
  )
}

function undecided(cause: unknown): CastellanError {
  const code = cause instanceof CastellanError ? cause.code : 'ledger_unavailable'
  const why = cause instanceof Error ? cause.message : ''
  return new CastellanError(
    code,
    `The change is written down, and nobody knows whether it is on record: ${why} It counts as soon as the ledger has it.`,
    { cause, retryAfterSeconds: 1 },
  )
}
