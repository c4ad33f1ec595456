import {
  CastellanError,
  type EnrolledKey,
  newId,
  OperatorKey,
  type OperatorKeyId,
  type PasskeyAssertion,
  type PasskeyAttestation,
} from '@castellan/contracts'
import { z } from 'zod'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import { refuseForeign, refuseItself } from './authority.ts'
import { isEd25519Key, verifyEd25519 } from './ed25519.ts'
import { checkAssertion, Passkey, type PasskeyPlace, readAttestation } from './passkeys.ts'

/** Keys enrolled at once: one for each browser of a household of operators, and then some. */
const MAX_ENROLLED = 64
/** The use of a key is written down at most this often, so that approving much costs no disk writes. */
const USE_WRITE_MS = 10 * 60_000

/** A key as agentd keeps it: for a passkey with its credential and its counter. */
const StoredKey = OperatorKey.extend({ passkey: Passkey.optional() })
type StoredKey = z.infer<typeof StoredKey>

export const OperatorFile = z.strictObject({ version: z.literal(1), operators: z.array(StoredKey) })

export interface OperatorsParts {
  readonly ledger: Recorder
  readonly file: StateFile<typeof OperatorFile>
  readonly place: PasskeyPlace
}

/** Whose key is to be enrolled. */
export interface Enrolment {
  readonly name: string
  readonly person: string
  readonly by: OperatorKey['enrolled_by']
}

/** The keys whose signature approves calls. */
export class Operators {
  readonly #parts: OperatorsParts
  readonly #keys: Map<OperatorKeyId, StoredKey>
  readonly #changes = new Mutex()

  private constructor(parts: OperatorsParts, keys: readonly StoredKey[]) {
    this.#parts = parts
    this.#keys = new Map(keys.map((key) => [key.key_id, key]))
  }

  static async open(parts: OperatorsParts): Promise<Operators> {
    return new Operators(parts, (await parts.file.load())?.operators ?? [])
  }

  /** All keys ever enrolled, oldest first. */
  list(): OperatorKey[] {
    return [...this.#keys.values()].map(shown)
  }

  /** Those in force, without the keys themselves, oldest first. */
  enrolled(): EnrolledKey[] {
    return this.list()
      .filter(({ revoked_at }) => revoked_at === undefined)
      .map(asEnrolled)
  }

  isEnrolled(id: OperatorKeyId): boolean {
    const key = this.#keys.get(id)
    return key !== undefined && key.revoked_at === undefined
  }

  /** A key in force. Throws `operator_unknown`. */
  get(id: OperatorKeyId): OperatorKey {
    return shown(this.#find(id))
  }

  /** The key in force with this base64 public key. */
  withPublicKey(publicKey: string): OperatorKey | undefined {
    return this.list().find((key) => key.public_key === publicKey && key.revoked_at === undefined)
  }

  /** The id of the passkey in force that its authenticator knows by this name. Throws `operator_unknown`. */
  withCredential(credentialId: string): OperatorKeyId {
    const key = [...this.#keys.values()].find(
      ({ passkey, revoked_at }) => passkey?.credential_id === credentialId && revoked_at === undefined,
    )
    if (key !== undefined) return key.key_id
    throw new CastellanError('operator_unknown', 'This passkey is not enrolled, or was revoked. Sign in with a code.')
  }

  /** The key in force with this raw Ed25519 public key. Throws `operator_unknown`. */
  named(publicKey: string): OperatorKey {
    const key = this.withPublicKey(publicKey)
    if (key !== undefined) return key
    throw new CastellanError(
      'operator_unknown',
      'This key is not enrolled, or was revoked. Root enrols it on the host: `agentctl operator enroll NAME --public-key KEY`.',
    )
  }

  /** Throws `invalid_request` for what is not a key, `conflict` for one that is enrolled already or one too many. */
  enrol(publicKey: string, enrolment: Enrolment): Promise<OperatorKey> {
    return this.#changes.run(async () => {
      if (!isEd25519Key(publicKey)) {
        throw new CastellanError('invalid_request', 'public_key is not an Ed25519 public key (32 raw bytes in base64).')
      }
      return this.#add({ kind: 'ed25519', public_key: publicKey }, enrolment)
    })
  }

  /** Enrols a passkey that was made with this challenge. Throws `signature_invalid`, and what {@link enrol} throws. */
  enrolPasskey(attestation: PasskeyAttestation, challenge: string, enrolment: Enrolment): Promise<OperatorKey> {
    return this.#changes.run(async () => {
      const passkey = await readAttestation(attestation, challenge, this.#parts.place)
      return this.#add({ kind: 'passkey', public_key: passkey.public_key, passkey }, enrolment)
    })
  }

  /** Throws `operator_unknown`, and `signature_invalid` unless the Ed25519 key signed the text. */
  async checkSignature(id: OperatorKeyId, text: string, signature: string): Promise<OperatorKey> {
    const key = this.#find(id)
    if (key.kind === 'ed25519' && verifyEd25519(key.public_key, text, signature)) {
      return isLongAgo(key.last_used_at) ? this.#changes.run(() => this.#noteUse(id)) : shown(key)
    }
    throw new CastellanError(
      'signature_invalid',
      'The proof is not for this decision about this call. Nothing was decided.',
    )
  }

  /**
   * Throws `operator_unknown`, and `signature_invalid` unless the passkey signed the text. Its counter is kept before it
   * answers: an assertion of a copied authenticator, or one that was seen before, counts once at most.
   */
  checkPasskey(id: OperatorKeyId, text: string, assertion: PasskeyAssertion): Promise<OperatorKey> {
    return this.#changes.run(async () => {
      const key = this.#find(id)
      if (key.passkey === undefined) {
        throw new CastellanError('signature_invalid', `${id} is no passkey. Sign with its Ed25519 key instead.`)
      }
      const counter = await checkAssertion(key.passkey, text, assertion, this.#parts.place)
      if (counter !== key.passkey.counter) {
        this.#keys.set(id, { ...key, passkey: { ...key.passkey, counter } })
        await this.#save()
      }
      return this.#noteUse(id)
    })
  }

  /** Gives a key another name. Whose key it is stays: that decides whom its yes counts for. */
  rename(id: OperatorKeyId, name: string): Promise<OperatorKey> {
    return this.#changes.run(() => this.#rename(id, name))
  }

  /** The same on the word of `signer`, a key of the same person. Throws `operator_unknown`, `forbidden` or `conflict`. */
  renameBy(signer: OperatorKeyId, id: OperatorKeyId, name: string): Promise<EnrolledKey> {
    return this.#changes.run(async () => {
      const by = this.#find(signer)
      refuseForeign(by, this.#find(id))
      return asEnrolled(await this.#rename(id, name, by))
    })
  }

  /** What the key signs from now on approves nothing, and what it approved but was not used yet is void. */
  revoke(id: OperatorKeyId): Promise<OperatorKey> {
    return this.#changes.run(async () => {
      const key = { ...this.#find(id), revoked_at: new Date().toISOString() }
      // In force before it is written down: a full disk must not keep a lost key alive.
      this.#keys.set(id, key)
      await this.#save()
      await this.#append('operator_revoked', key)
      return shown(key)
    })
  }

  /**
   * The same on the word of `signer`, another key of the same person: so one is always left. On record first, as nobody has to hurry
   * who can ask root. Throws `operator_unknown`, `forbidden` or `conflict`.
   */
  removeBy(signer: OperatorKeyId, id: OperatorKeyId): Promise<EnrolledKey> {
    return this.#changes.run(async () => {
      // Looked at again now that nothing changes beside it: of two keys that remove each other at once the second is too late.
      const by = this.#find(signer)
      const key = this.#find(id)
      refuseForeign(by, key)
      refuseItself(by, key)
      const removed = { ...key, revoked_at: new Date().toISOString() }
      await this.#append('operator_revoked', removed, by)
      this.#keys.set(id, removed)
      await this.#save()
      return asEnrolled(shown(removed))
    })
  }

  async #rename(id: OperatorKeyId, name: string, by?: StoredKey): Promise<OperatorKey> {
    const key = { ...this.#find(id), name }
    await this.#append('operator_renamed', key, by)
    this.#keys.set(id, key)
    await this.#save()
    return shown(key)
  }

  /** Notes that a key signed, now that nothing else changes. That a full disk keeps the note away is no reason to refuse what was signed. */
  async #noteUse(id: OperatorKeyId): Promise<OperatorKey> {
    const key = this.#find(id)
    if (isLongAgo(key.last_used_at)) {
      this.#keys.set(id, { ...key, last_used_at: new Date().toISOString() })
      await this.#save().catch(() => undefined)
    }
    return this.get(id)
  }

  async #add(
    made: Pick<StoredKey, 'kind' | 'public_key' | 'passkey'>,
    { name, person, by }: Enrolment,
  ): Promise<OperatorKey> {
    this.#refuseConflict(made.public_key)
    const key = { key_id: newId('opk'), name, person, ...made, enrolled_at: new Date().toISOString(), enrolled_by: by }
    await this.#append('operator_enrolled', key)
    this.#keys.set(key.key_id, key)
    await this.#save()
    return shown(key)
  }

  #find(id: OperatorKeyId): StoredKey {
    const key = this.#keys.get(id)
    if (key === undefined)
      throw new CastellanError('operator_unknown', `No operator key ${id} is enrolled. Sign in again.`)
    if (key.revoked_at === undefined) return key
    throw new CastellanError(
      'operator_unknown',
      `The operator key ${id} was revoked at ${key.revoked_at}. Sign in again.`,
    )
  }

  #refuseConflict(publicKey: string): void {
    const twin = this.withPublicKey(publicKey)
    if (twin !== undefined) {
      throw new CastellanError('conflict', `This key is enrolled already, as ${twin.key_id} (${twin.name}).`)
    }
    if (this.list().filter((key) => key.revoked_at === undefined).length >= MAX_ENROLLED) {
      throw new CastellanError(
        'conflict',
        `${MAX_ENROLLED} operator keys are enrolled, as many as may be. Revoke some with \`agentctl operator revoke\`.`,
      )
    }
  }

  async #append(
    type: 'operator_enrolled' | 'operator_renamed' | 'operator_revoked',
    { key_id, name, person, kind, public_key, enrolled_by }: StoredKey,
    by?: StoredKey,
  ): Promise<void> {
    const who = by?.name ?? (type === 'operator_enrolled' ? enrolled_by : 'operator')
    const facts = { key_id, name, person, kind, public_key, ...(by && { signed_by: by.key_id }) }
    await this.#parts.ledger.append({ type, actor: { kind: 'operator', name: who }, facts })
  }

  #save(): Promise<void> {
    return this.#parts.file.save({ version: 1, operators: [...this.#keys.values()] })
  }
}

function shown({ passkey: _, ...key }: StoredKey): OperatorKey {
  return key
}

function asEnrolled({ public_key: _, revoked_at: __, ...key }: OperatorKey): EnrolledKey {
  return key
}

function isLongAgo(at: string | undefined): boolean {
  return at === undefined || Math.abs(Date.now() - Date.parse(at)) > USE_WRITE_MS
}
