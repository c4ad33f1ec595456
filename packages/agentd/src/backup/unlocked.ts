import { type BackupId, type BackupUnlocking, CastellanError } from '@castellan/contracts'

/** How long an operator's recovery key waits for the call that it was given for, in milliseconds. */
export const UNLOCKED_MS = 10 * 60_000

interface Waiting {
  readonly purpose: BackupUnlocking['purpose']
  readonly secret: Uint8Array
  readonly timer: NodeJS.Timeout
}

/**
 * Recovery keys that an operator has handed over, each for one use: one backup, one purpose, within ten minutes. They are in
 * memory only and are overwritten once used; no argument of a call, no log and no ledger entry ever holds one.
 */
export class Unlocked {
  readonly #waiting = new Map<BackupId, Waiting>()

  put(id: BackupId, purpose: Waiting['purpose'], secret: Uint8Array): void {
    this.drop(id)
    const timer = setTimeout(() => this.drop(id), UNLOCKED_MS)
    timer.unref()
    this.#waiting.set(id, { purpose, secret, timer })
  }

  has(id: BackupId, purpose: Waiting['purpose']): boolean {
    return this.#waiting.get(id)?.purpose === purpose
  }

  /** Uses a key up. Throws `backup_locked` where none was handed over for this. */
  async use<T>(id: BackupId, purpose: Waiting['purpose'], work: (secret: Uint8Array) => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(id)
    if (waiting?.purpose !== purpose) throw locked(id, purpose)
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    try {
      return await work(waiting.secret)
    } finally {
      waiting.secret.fill(0)
    }
  }

  drop(id: BackupId): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    waiting.secret.fill(0)
    this.#waiting.delete(id)
  }
}

function locked(id: BackupId, purpose: string): CastellanError {
  return new CastellanError(
    'backup_locked',
    `Only its recovery key opens ${id}, and agentd does not have it. An operator gives it for one use with ` +
      `\`agentctl backup unlock ${id} --for ${purpose}\`; then repeat the call within ten minutes.`,
  )
}
