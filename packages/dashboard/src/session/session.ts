import type { PageSession, SignInRedemption } from '@castellan/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Gateway, RequestError } from '../connection/http.ts'
import { strings } from '../strings.ts'
import { hmacHex } from './bytes.ts'
import { normalCode } from './code.ts'
import type { KeyStore } from './key-store.ts'
import { makeOperatorKey, type OperatorKey } from './operator-key.ts'

export type SessionState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'signed-out'; readonly problem: string | null; readonly busy: boolean }
  /** `canApprove`: this browser holds the key that the sign-in enrolled. */
  | { readonly kind: 'signed-in'; readonly canApprove: boolean }

export interface SessionParts {
  readonly gateway: Pick<Gateway, 'session' | 'signIn' | 'signOut'>
  readonly keys: KeyStore
  /** How this browser is called in the list of operator keys. */
  readonly browserName: string
  /** WebCrypto exists only on https and on this machine's own address. */
  readonly secure: boolean
}

/** Whether this browser is signed in, and with which key it can approve. */
export class Session {
  readonly #state = signal<SessionState>({ kind: 'loading' })
  readonly #parts: SessionParts
  #key: OperatorKey | null = null

  readonly state: ReadonlySignal<SessionState> = this.#state

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** The enrolled key, or null where this browser has none. */
  get key(): OperatorKey | null {
    return this.#key
  }

  /** Finds out where things stand, and signs in with the address's code if that is needed. */
  async start(code: string | null): Promise<void> {
    try {
      this.#key = await this.#parts.keys.load().catch(() => null)
      const session = await this.#parts.gateway.session()
      const done = session.signed_in && this.#mayApprove(session)
      if (code !== null && !done) await this.signIn(code)
      else if (session.signed_in) this.#enter(session)
      else this.#leave(null)
    } catch (error) {
      this.#leave(sentence(error))
    }
  }

  /** Proves the code without sending it, and enrols this browser's key along the way. */
  async signIn(typed: string): Promise<void> {
    const code = normalCode(typed)
    if (code === '') return this.#leave(strings.signIn.empty)
    if (!this.#parts.secure) return this.#leave(strings.signIn.insecure)
    this.#state.value = { kind: 'signed-out', problem: null, busy: true }
    try {
      const key = this.#key ?? (await makeOperatorKey())
      const session = await this.#parts.gateway.signIn(await this.#redemption(code, key))
      this.#key = key === null ? null : { ...key, keyId: session.key_id }
      // A browser that keeps nothing (a private window, perhaps) can still approve until the page is closed.
      if (this.#key !== null) await this.#parts.keys.save(this.#key).catch(() => undefined)
      this.#enter(session)
    } catch (error) {
      if (error instanceof RequestError && KEY_REFUSED.includes(error.code)) await this.#forgetKey()
      this.#leave(sentence(error))
    }
  }

  async signOut(): Promise<void> {
    try {
      await this.#parts.gateway.signOut()
      this.#leave(null)
    } catch {
      this.#leave(strings.signIn.signOutFailed)
    }
  }

  /** The gateway no longer knows this browser. */
  ended(): void {
    if (this.#state.value.kind === 'signed-in') this.#leave(strings.signIn.ended)
  }

  async #redemption(code: string, key: OperatorKey | null): Promise<SignInRedemption> {
    const proof = await hmacHex(code, 'castellan sign-in')
    if (key === null) return { proof }
    const { publicKey: public_key } = key
    const key_mac = await hmacHex(code, `castellan enrol ${public_key}`)
    return { proof, key: { name: this.#parts.browserName, public_key, key_mac } }
  }

  async #forgetKey(): Promise<void> {
    this.#key = null
    await this.#parts.keys.forget().catch(() => undefined)
  }

  #mayApprove(session: PageSession): boolean {
    return session.key_id !== null && this.#key?.keyId === session.key_id
  }

  #enter(session: PageSession): void {
    this.#state.value = { kind: 'signed-in', canApprove: this.#mayApprove(session) }
  }

  #leave(problem: string | null): void {
    this.#state.value = { kind: 'signed-out', problem, busy: false }
  }
}

/** Refusals that are about the key this browser brought, e.g. one that was revoked: the next attempt makes a new one. */
const KEY_REFUSED: readonly string[] = ['conflict', 'operator_unknown', 'invalid_request']

function sentence(error: unknown): string {
  if (!(error instanceof RequestError))
    return strings.signIn.failed(error instanceof Error ? error.message : String(error))
  if (error.code === 'sign_in_failed') return strings.signIn.wrongCode
  if (error.code === 'unreachable') return strings.signIn.unreachable
  return error.message === '' ? strings.signIn.failed(error.code) : error.message
}
