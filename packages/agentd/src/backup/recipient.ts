import { type BackupKey, CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import type { StateFile } from '../state/state-file.ts'
import { keyIdOf } from './container.ts'
import { formatRecoveryKey } from './recovery-key.ts'
import { loadSodium } from './sodium.ts'

export const RecipientFile = z.strictObject({
  version: z.literal(1),
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime({ precision: 3 }),
})

/**
 * For whom backups are encrypted: the public half of an X25519 key. The private half, the recovery key, is handed out
 * once when it is made and kept nowhere, so this machine makes backups that it cannot read itself.
 */
export class Recipient {
  readonly #file: StateFile<typeof RecipientFile>

  constructor(file: StateFile<typeof RecipientFile>) {
    this.#file = file
  }

  /** The public half. Throws `backup_key_missing`. */
  async publicKey(): Promise<Uint8Array> {
    const kept = await this.#file.load()
    if (kept !== undefined) return Buffer.from(kept.publicKey, 'hex')
    throw new CastellanError(
      'backup_key_missing',
      'There is no key to encrypt backups for. Say `agentctl backup init` on the host: it shows the recovery key, once.',
    )
  }

  async describe(): Promise<BackupKey | null> {
    const kept = await this.#file.load()
    if (kept === undefined) return null
    return { key_id: keyIdOf(Buffer.from(kept.publicKey, 'hex')).toString('hex'), created_at: kept.createdAt }
  }

  /** Makes a key and answers the recovery key, the only time that it is there. Throws `already_exists` unless told to replace one. */
  async make(replace: boolean): Promise<BackupKey & { readonly recovery_key: string }> {
    const old = await this.describe()
    if (old !== null && !replace) {
      throw new CastellanError(
        'already_exists',
        `Backups are encrypted for the recovery key ${old.key_id} already. With --replace the next ones get a new key; the old ones ` +
          'keep theirs, so keep that too.',
      )
    }
    const sodium = await loadSodium()
    const pair = sodium.crypto_box_keypair()
    const createdAt = new Date().toISOString()
    await this.#file.save({ version: 1, publicKey: Buffer.from(pair.publicKey).toString('hex'), createdAt })
    const recovery_key = formatRecoveryKey(pair.privateKey)
    sodium.memzero(pair.privateKey)
    return { key_id: keyIdOf(pair.publicKey).toString('hex'), created_at: createdAt, recovery_key }
  }
}
