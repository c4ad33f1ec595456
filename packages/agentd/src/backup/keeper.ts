import {
  type BackupKeyMade,
  type BackupKeyState,
  type BackupUnlocked,
  type BackupUnlocking,
  CastellanError,
  type LedgerActor,
} from '@castellan/contracts'
import type { Recorder } from '../ledger/recorder.ts'
import type { Backups } from './backups.ts'
import { keyIdOf } from './container.ts'
import type { Recipient } from './recipient.ts'
import { parseRecoveryKey } from './recovery-key.ts'
import { loadSodium } from './sodium.ts'
import { UNLOCKED_MS, type Unlocked } from './unlocked.ts'

/** What only an operator may do about backups: make their key, and hand the recovery key over. Both are entries. */
export class BackupKeeper {
  readonly #parts: {
    readonly ledger: Recorder
    readonly recipient: Recipient
    readonly unlocked: Unlocked
    readonly backups: Backups
    readonly actor: LedgerActor
  }

  constructor(parts: {
    ledger: Recorder
    recipient: Recipient
    unlocked: Unlocked
    backups: Backups
    actor: LedgerActor
  }) {
    this.#parts = parts
  }

  async key(): Promise<BackupKeyState> {
    return { key: await this.#parts.recipient.describe() }
  }

  /** The one time that the recovery key is shown. Throws `already_exists`. */
  async makeKey(replace: boolean): Promise<BackupKeyMade> {
    const { recipient, ledger, actor } = this.#parts
    const made = await recipient.make(replace)
    await ledger.append({ type: 'backup_key_made', actor, facts: { key_id: made.key_id } })
    return made
  }

  /** Throws `recovery_key_invalid` where it is not the one that opens this backup, and `backup_unknown`. */
  async unlock({ backup_id, purpose, recovery_key }: BackupUnlocking): Promise<BackupUnlocked> {
    const { ledger, unlocked, backups, actor } = this.#parts
    const { keyId } = await backups.find(backup_id)
    const sodium = await loadSodium()
    const secret = parseRecoveryKey(recovery_key)
    if (keyIdOf(sodium.crypto_scalarmult_base(secret)).toString('hex') !== keyId) {
      secret.fill(0)
      throw new CastellanError(
        'recovery_key_invalid',
        `That recovery key does not open ${backup_id}, which needs the one with the id ${keyId ?? 'that its damaged header had'}.`,
      )
    }
    await ledger.append({ type: 'backup_unlocked', actor, facts: { backup_id, purpose, key_id: keyId } })
    unlocked.put(backup_id, purpose, secret)
    return { expires_at: new Date(Date.now() + UNLOCKED_MS).toISOString() }
  }
}
