import { CastellanError, type LedgerRecordRequest, type OperatorKeyId, type SignInRequest } from '@castellan/contracts'
import type { SignInMethod } from '@castellan/contracts/api'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import type { Recorder } from '../tokens/tokens.ts'
import type { Challenges } from './challenges.ts'
import type { Lockout } from './lockout.ts'
import type { Passphrase } from './passphrase.ts'

/** From this wait on a lockout is worth an entry of the ledger, in milliseconds. */
const NOTABLE_WAIT_MS = 60_000

export interface WaysInParts {
  readonly agentd: Agentd
  readonly challenges: Challenges
  readonly passphrase: Passphrase
  readonly lockout: Lockout
  readonly records: Recorder
  readonly log: Log
}

/** Who was let in, and how. */
export interface LetIn {
  readonly how: SignInMethod
  readonly keyId: OperatorKeyId | null
}

/** Judges who wants to sign in. `who` is what attempts are counted by: a browser that is known, or an address. */
export class WaysIn {
  readonly #parts: WaysInParts

  constructor(parts: WaysInParts) {
    this.#parts = parts
  }

  /** Throws `sign_in_failed`, and `rate_limited` after too many of those. */
  async open(request: SignInRequest, who: string): Promise<LetIn> {
    if ('passphrase' in request) return this.#withPassphrase(request, who)
    if ('nonce' in request) {
      return this.#withSomethingUnguessable(who, 'passkey', () => {
        if (!this.#parts.challenges.take(request.nonce)) throw staleChallenge()
        return this.#parts.agentd.proveSignIn(request)
      })
    }
    return this.#withSomethingUnguessable(who, 'code', () => this.#parts.agentd.redeemSignIn(request))
  }

  /**
   * A code has 100 bits and a key more: nobody guesses them, so what is right is let in at any time, and nobody can keep
   * the owner out by being wrong. Who is wrong waits, for the sake of whoever has to serve them.
   */
  async #withSomethingUnguessable(
    who: string,
    how: SignInMethod,
    judge: () => Promise<{ key_id: OperatorKeyId | null }>,
  ): Promise<LetIn> {
    const { lockout } = this.#parts
    const refused = begun(lockout, who)
    try {
      const { key_id } = await judge()
      lockout.clear(who)
      return { how, keyId: key_id }
    } catch (error) {
      const isWrong = error instanceof CastellanError && error.code === 'sign_in_failed'
      if (!isWrong && refused === undefined) lockout.takeBack(who)
      throw isWrong ? (refused ?? error) : error
    }
  }

  /** A passphrase can be guessed, so that it is not even looked at before its time. */
  async #withPassphrase(request: Extract<SignInRequest, { passphrase: string }>, who: string): Promise<LetIn> {
    const { lockout, records } = this.#parts
    if (!(await this.#isRight(request.passphrase, who))) {
      this.#noteWrong(lockout.waitOf(who))
      throw new CastellanError(
        'sign_in_failed',
        'This is not the passphrase, or none is set. A code works at any time.',
      )
    }
    // Whoever can guess right must not come in unseen.
    await records.append({ type: 'page_sign_in', how: 'passphrase', ok: true })
    lockout.clear(who)
    return { how: 'passphrase', keyId: request.key_id ?? null }
  }

  /** Whether somebody who is in already knows the passphrase too. Guessing it is slowed down here as well. */
  async knowsPassphrase(passphrase: string, who: string): Promise<boolean> {
    const isRight = await this.#isRight(passphrase, who)
    if (isRight) this.#parts.lockout.clear(who)
    return isRight
  }

  /** Counts an attempt, right or wrong. Throws `rate_limited` before its time. */
  async #isRight(text: string, who: string): Promise<boolean> {
    const { lockout, passphrase } = this.#parts
    lockout.begin(who)
    return passphrase.matches(text).catch((error: unknown) => {
      lockout.takeBack(who)
      throw error
    })
  }

  #noteWrong(waitMs: number): void {
    this.#record({ type: 'page_sign_in', how: 'passphrase', ok: false, code: 'sign_in_failed' })
    if (waitMs < NOTABLE_WAIT_MS) return
    const until = new Date(Date.now() + waitMs).toISOString()
    this.#record({ type: 'sign_in_locked', how: 'passphrase', until })
  }

  /** Nobody waits for what only tells that somebody was refused. */
  #record(record: LedgerRecordRequest): void {
    this.#parts.records.append(record).catch((error: unknown) => {
      this.#parts.log.warn({ err: error, type: record.type }, 'a refused sign-in was not recorded')
    })
  }
}

/** The refusal that an attempt would have met, if being right did not count for more. */
function begun(lockout: Lockout, who: string): CastellanError | undefined {
  try {
    lockout.begin(who)
    return undefined
  } catch (error) {
    if (error instanceof CastellanError) return error
    throw error
  }
}

function staleChallenge(): CastellanError {
  return new CastellanError('sign_in_failed', 'What was signed is too old or was used before; try again.')
}
