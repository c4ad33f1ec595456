import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  CastellanError,
  enrolmentText,
  normalSignInCode,
  type OperatorKey,
  type SignInAssertion,
  type SignInCode,
  type SignInKey,
  type SignInRedemption,
  type SignInResult,
  signInText,
} from '@castellan/contracts'
import { z } from 'zod'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import type { Operators } from './operators.ts'

const LIFE_MS = 24 * 60 * 60_000
/** Codes good at once; the oldest makes room for one more. */
const MAX_CODES = 16
/** Wrong proofs let through in a minute. The code has 100 bits: this is for the ledger's sake, not the code's. */
const WRONG_PER_MINUTE = 10
/** Crockford's base32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Whose keys are enrolled with a code that names nobody. */
const OWNER = 'owner'

const StoredCode = z.strictObject({
  code: z.string(),
  expires_at: z.iso.datetime({ precision: 3 }),
  /** Whom root invited with it, and how their key is to be called; absent on a plain sign-in code. */
  invited: z.strictObject({ name: z.string(), person: z.string() }).optional(),
})
type StoredCode = z.infer<typeof StoredCode>

/** The codes themselves are kept, because they key the proof: in a private file, like the owner's token. */
export const SignInFile = z.strictObject({ version: z.literal(1), codes: z.array(StoredCode) })

/** One-time codes that let a browser in, and enrol its key. They survive a restart: the owner has one on the screen. */
export class SignIns {
  readonly #ledger: Recorder
  readonly #operators: Operators
  readonly #file: StateFile<typeof SignInFile>
  readonly #changes = new Mutex()
  #codes: readonly StoredCode[]
  #wrong: readonly number[] = []

  private constructor(
    ledger: Recorder,
    operators: Operators,
    file: StateFile<typeof SignInFile>,
    codes: readonly StoredCode[],
  ) {
    this.#ledger = ledger
    this.#operators = operators
    this.#file = file
    this.#codes = codes
  }

  static async open(ledger: Recorder, operators: Operators, file: StateFile<typeof SignInFile>): Promise<SignIns> {
    return new SignIns(ledger, operators, file, (await file.load())?.codes ?? [])
  }

  /**
   * A fresh code of 100 bits, good for one sign-in within 24 hours. The key that is enrolled with it belongs to the
   * invited person, or to the owner.
   */
  issue(invited?: { readonly name: string; readonly person: string }): Promise<SignInCode> {
    return this.#changes.run(async () => {
      const code = [...randomBytes(20)].map((byte) => ALPHABET[byte & 31]).join('')
      const stored = {
        code,
        expires_at: new Date(Date.now() + LIFE_MS).toISOString(),
        ...(invited === undefined ? {} : { invited }),
      }
      await this.#ledger.append({
        type: 'sign_in_issued',
        actor: { kind: 'operator', name: 'operator' },
        ...(invited === undefined ? {} : { facts: invited }),
      })
      await this.#keep([...this.#inForce(), stored].slice(-MAX_CODES))
      return { code: (code.match(/.{5}/g) as string[]).join('-'), expires_at: stored.expires_at }
    })
  }

  /**
   * Uses up the code that the proof was made with and enrols the key, if one came along. Throws `sign_in_failed`,
   * `rate_limited` after too many wrong proofs, and what enrolling throws.
   */
  redeem({ proof, key }: SignInRedemption): Promise<SignInResult> {
    return this.#changes.run(async () => {
      const stored = this.#inForce().find(({ code }) => isMac(code, 'castellan sign-in', proof))
      if (stored === undefined) throw await this.#wrongProof()
      if (key !== undefined && !isMac(stored.code, enrolmentText(key), key.key_mac)) throw await this.#wrongProof()
      // A key that is refused leaves the code good: its owner has no other one at hand.
      const enrolled = key === undefined ? undefined : await this.#enrol(key, stored)
      await this.#keep(this.#codes.filter((other) => other !== stored))
      await this.#ledger.append({
        type: 'sign_in_redeemed',
        actor: { kind: 'operator', name: enrolled?.name ?? 'page' },
        ...(enrolled === undefined ? {} : { facts: { key_id: enrolled.key_id } }),
      })
      return { key_id: enrolled?.key_id ?? null }
    })
  }

  /**
   * Who signed a gateway's nonce with a key that is enrolled. Throws `sign_in_failed` where nobody did, and
   * `rate_limited` after too many that nobody had signed.
   */
  async prove({ nonce, key }: SignInAssertion): Promise<SignInResult> {
    const text = signInText(nonce)
    const signed =
      'signature' in key
        ? this.#signedBy(() => this.#operators.checkSignature(key.key_id, text, key.signature))
        : this.#signedBy(() =>
            this.#operators.checkPasskey(this.#operators.withCredential(key.credential_id), text, key.assertion),
          )
    const operator = await signed
    return this.#changes.run(async () => {
      if (operator === undefined) throw await this.#wrongProof()
      await this.#ledger.append({
        type: 'sign_in_redeemed',
        actor: { kind: 'operator', name: operator.name },
        facts: { key_id: operator.key_id },
      })
      return { key_id: operator.key_id }
    })
  }

  /** One answer for every wrong proof: which keys there are is nobody's business who has none of them. */
  async #signedBy(check: () => OperatorKey | Promise<OperatorKey>): Promise<OperatorKey | undefined> {
    try {
      return await check()
    } catch (error) {
      if (error instanceof CastellanError && ['operator_unknown', 'signature_invalid'].includes(error.code))
        return undefined
      throw error
    }
  }

  /** A browser that signs in again brings the key it has. */
  async #enrol(key: SignInKey, { code, invited }: StoredCode): Promise<OperatorKey> {
    if ('key_id' in key) return this.#operators.get(key.key_id)
    const name = invited?.name ?? (key.name.trim() || 'page')
    const enrolment = { name, person: invited?.person ?? OWNER, by: 'sign_in' as const }
    if ('passkey' in key) return this.#operators.enrolPasskey(key.passkey, passkeyChallenge(code), enrolment)
    return this.#operators.withPublicKey(key.public_key) ?? this.#operators.enrol(key.public_key, enrolment)
  }

  #inForce(): StoredCode[] {
    return this.#codes.filter(({ expires_at }) => Date.parse(expires_at) > Date.now())
  }

  async #keep(codes: readonly StoredCode[]): Promise<void> {
    this.#codes = codes
    await this.#file.save({ version: 1, codes: [...codes] })
  }

  #refuseGuessing(): void {
    const now = performance.now()
    this.#wrong = this.#wrong.filter((at) => at > now - 60_000)
    const [first] = this.#wrong
    if (first === undefined || this.#wrong.length < WRONG_PER_MINUTE) return
    const seconds = Math.max(1, Math.ceil((first + 60_000 - now) / 1000))
    throw new CastellanError('rate_limited', `Too many wrong sign-in codes. Try again in ${seconds} s.`, {
      retryAfterSeconds: seconds,
    })
  }

  /** Only wrong proofs wait: whoever guesses must not keep away whoever knows. */
  async #wrongProof(): Promise<CastellanError> {
    this.#refuseGuessing()
    this.#wrong = [...this.#wrong, performance.now()]
    await this.#ledger.append({
      type: 'sign_in_failed',
      actor: { kind: 'system', name: 'agentd' },
      code: 'sign_in_failed',
      facts: { wrong_in_a_minute: this.#wrong.length },
    })
    return new CastellanError(
      'sign_in_failed',
      'This is no code or key that signs in here, or the code was used or is older than 24 hours. `agentctl sign-in` ' +
        'prints a new one.',
    )
  }
}

function isMac(code: string, text: string, mac: string): boolean {
  return timingSafeEqual(macOf(code, text), Buffer.from(mac, 'hex'))
}

/** A passkey is made with a challenge that only who has the code can know. */
function passkeyChallenge(code: string): string {
  return macOf(code, 'castellan passkey').toString('base64url')
}

function macOf(code: string, text: string): Buffer {
  return createHmac('sha256', normalSignInCode(code)).update(text).digest()
}
