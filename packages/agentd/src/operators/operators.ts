import { CastellanError, newId, OperatorKey, type OperatorKeyId } from '@castellan/contracts'
import { z } from 'zod'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import { isEd25519Key } from './ed25519.ts'

/** Keys enrolled at once: one for each browser of a household of operators, and then some. */
const MAX_ENROLLED = 64

export const OperatorFile = z.strictObject({ version: z.literal(1), operators: z.array(OperatorKey) })

/** The keys whose signature approves calls. */
export class Operators {
  readonly #ledger: Recorder
  readonly #file: StateFile<typeof OperatorFile>
  readonly #keys: Map<OperatorKeyId, OperatorKey>
  readonly #changes = new Mutex()

  private constructor(ledger: Recorder, file: StateFile<typeof OperatorFile>, keys: readonly OperatorKey[]) {
    this.#ledger = ledger
    this.#file = file
    this.#keys = new Map(keys.map((key) => [key.key_id, key]))
  }

  static async open(ledger: Recorder, file: StateFile<typeof OperatorFile>): Promise<Operators> {
    return new Operators(ledger, file, (await file.load())?.operators ?? [])
  }

  /** All keys ever enrolled, oldest first. */
  list(): OperatorKey[] {
    return [...this.#keys.values()]
  }

  isEnrolled(id: OperatorKeyId): boolean {
    const key = this.#keys.get(id)
    return key !== undefined && key.revoked_at === undefined
  }

  /** A key in force. Throws `operator_unknown`. */
  get(id: OperatorKeyId): OperatorKey {
    const key = this.#keys.get(id)
    if (key === undefined)
      throw new CastellanError('operator_unknown', `No operator key ${id} is enrolled. Sign in again.`)
    if (key.revoked_at === undefined) return key
    throw new CastellanError(
      'operator_unknown',
      `The operator key ${id} was revoked at ${key.revoked_at}. Sign in again.`,
    )
  }

  /** The key in force with this raw base64 public key. */
  withPublicKey(publicKey: string): OperatorKey | undefined {
    return this.list().find((key) => key.public_key === publicKey && key.revoked_at === undefined)
  }

  /** Throws `invalid_request` for what is not a key, `conflict` for one that is enrolled already or one too many. */
  enrol(name: string, publicKey: string, by: OperatorKey['enrolled_by']): Promise<OperatorKey> {
    return this.#changes.run(async () => {
      if (!isEd25519Key(publicKey)) {
        throw new CastellanError('invalid_request', 'public_key is not an Ed25519 public key (32 raw bytes in base64).')
      }
      this.#refuseConflict(publicKey)
      const key: OperatorKey = {
        key_id: newId('opk'),
        name,
        public_key: publicKey,
        enrolled_at: new Date().toISOString(),
        enrolled_by: by,
      }
      await this.#ledger.append({
        type: 'operator_enrolled',
        actor: { kind: 'operator', name: by },
        facts: { key_id: key.key_id, name, public_key: publicKey },
      })
      this.#keys.set(key.key_id, key)
      await this.#save()
      return key
    })
  }

  /** What the key signs from now on approves nothing, and what it approved but was not used yet is void. */
  revoke(id: OperatorKeyId): Promise<OperatorKey> {
    return this.#changes.run(async () => {
      const key: OperatorKey = { ...this.get(id), revoked_at: new Date().toISOString() }
      // In force before it is written down: a full disk must not keep a lost key alive.
      this.#keys.set(id, key)
      await this.#save()
      await this.#ledger.append({
        type: 'operator_revoked',
        actor: { kind: 'operator', name: 'operator' },
        facts: { key_id: id, name: key.name },
      })
      return key
    })
  }

  #refuseConflict(publicKey: string): void {
    const twin = this.withPublicKey(publicKey)
    if (twin !== undefined) {
      throw new CastellanError('conflict', `This key is enrolled already, as ${twin.key_id} (${twin.name}).`)
    }
    if (this.list().filter((key) => key.revoked_at === undefined).length >= MAX_ENROLLED) {
      throw new CastellanError(
        'conflict',
        `${MAX_ENROLLED} operator keys are enrolled, as many as may be. Revoke some with \`agentctl operators revoke\`.`,
      )
    }
  }

  #save(): Promise<void> {
    return this.#file.save({ version: 1, operators: this.list() })
  }
}
