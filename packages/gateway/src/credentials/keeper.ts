import { CastellanError, type CredentialStoreView, type RecoveryPhrase } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { GatewayKeys } from '../keys/gateway-keys.ts'
import type { Records } from '../records.ts'
import type { CredentialStore } from './store.ts'
import type { Uses } from './uses.ts'

export interface KeeperParts {
  readonly store: CredentialStore
  readonly keys: GatewayKeys
  readonly uses: Uses
  readonly records: Pick<Records, 'append'>
  readonly log: Log
}

/** What may be done to the store as a whole: closing and opening it, and its key. */
export class StoreKeeper {
  readonly #parts: KeeperParts

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  /** How the store is. Never throws for a store that does not open. */
  async view(): Promise<CredentialStoreView> {
    const { store, keys } = this.#parts
    const key_source = (await keys.files.areSealed()) ? 'systemd' : 'file'
    const nothing = { key_source, key: null, recovery_phrase_shown: null, credentials: null, generation: null } as const
    try {
      const state = await store.read()
      const key = keys.keks[0]?.id ?? null
      return {
        state: state === undefined ? 'empty' : 'open',
        problem: null,
        key_source,
        key,
        recovery_phrase_shown: state?.catalogue.phrase_shown === key && key !== null,
        credentials: state?.catalogue.credentials.length ?? 0,
        generation: state?.generation ?? 0,
      }
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error
      const { code, message } = error
      return { state: stateOf(code), problem: { code, message }, ...nothing }
    }
  }

  /** Happens whether or not it can be recorded: in an emergency the ledger may be what is down. */
  async lock(): Promise<void> {
    const { store, uses, records, log } = this.#parts
    await store.lock()
    await records.append({ type: 'credentials_locked' }).catch((error: unknown) => {
      log.warn({ err: error }, 'the locking of the credential store is not on record')
    })
    await uses.flush()
  }

  async unlock(): Promise<void> {
    const { store, records } = this.#parts
    await records.append({ type: 'credentials_unlocked' })
    await store.unlock()
  }

  rotateKey(): Promise<void> {
    return this.#parts.store.rotateKey()
  }

  reset(): Promise<void> {
    return this.#parts.store.reset()
  }

  /** The key in words. That it was shown is on disk and on record first, so that nobody is shown it twice. Throws `conflict`. */
  async showPhrase(): Promise<RecoveryPhrase> {
    const { store, keys } = this.#parts
    // Words are loaded for the one time that they are shown.
    const { phraseOf } = await import('../keys/phrase.ts')
    return store.change(({ catalogue }) => {
      const [kek] = keys.keks
      if (kek === undefined || catalogue.phrase_shown === kek.id) {
        throw new CastellanError(
          'conflict',
          'The recovery phrase of this key was shown before. Make another key, and with it another phrase: agentctl credential rotate-key',
        )
      }
      catalogue.phrase_shown = kek.id
      return { record: { type: 'recovery_phrase_shown', key: kek.id }, result: { phrase: phraseOf(kek), key: kek.id } }
    })
  }
}

function stateOf(code: string): CredentialStoreView['state'] {
  if (code === 'credentials_locked') return 'locked'
  return code.startsWith('credential_store_') || code.startsWith('state_key_') ? 'refused' : 'unavailable'
}
