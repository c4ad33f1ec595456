import type { OperatorKeyId, PageSession, SignInRedemption, SignInRequest } from '@castellan/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Gateway, RequestError } from '../connection/http.ts'
import { strings } from '../strings.ts'
import { hmacBase64Url, hmacHex } from './bytes.ts'
import { type AddressCode, normalCode } from './code.ts'
import type { KeyStore } from './key-store.ts'
import { isPasskey, makeBrowserKey, type OperatorKey, signText } from './operator-key.ts'
import type { Passkeys } from './passkeys.ts'

export type SessionState =
  | { readonly kind: 'loading' }
  /** `code`: one that came with the address and waits for its owner to pick a kind of key. */
  | { readonly kind: 'signed-out'; readonly problem: string | null; readonly busy: boolean; readonly code?: string }
  /** `canApprove`: this browser holds the key that the sign-in enrolled. */
  | { readonly kind: 'signed-in'; readonly canApprove: boolean }

export interface SessionParts {
  readonly gateway: Pick<Gateway, 'session' | 'challenge' | 'signIn' | 'signOut'>
  readonly keys: KeyStore
  readonly passkeys: Passkeys
  /** How this browser is called in the list of operator keys. */
  readonly browserName: string
  /** WebCrypto exists only on https and on this machine's own address. */
  readonly secure: boolean
}

/** What opens the page beside a code. */
export interface WaysIn {
  /** This browser has a key or a passkey that is enrolled. */
  readonly key: boolean
  /** The owner set a passphrase. */
  readonly passphrase: boolean
}

/** Whether this browser is signed in, and with which key it can approve. */
export class Session {
  readonly #state = signal<SessionState>({ kind: 'loading' })
  readonly #ways = signal<WaysIn>({ key: false, passphrase: false })
  readonly #parts: SessionParts
  #key: OperatorKey | null = null
  /** This browser signs in anew: that its earlier sign-in ends is no news. */
  #renewing = false

  readonly state: ReadonlySignal<SessionState> = this.#state
  readonly ways: ReadonlySignal<WaysIn> = this.#ways

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** The enrolled key, or null where this browser has none. */
  get key(): OperatorKey | null {
    return this.#key
  }

  /** Whether the owner can pick a passkey here. */
  get passkeysPossible(): boolean {
    return this.#parts.passkeys.possible
  }

  /** Finds out where things stand, and signs in with the address's code if that is needed. */
  async start(given: AddressCode | null): Promise<void> {
    try {
      this.#key = await this.#parts.keys.load().catch(() => null)
      const session = await this.#parts.gateway.session()
      const done = session.signed_in && this.#mayApprove(session)
      if (given !== null && (given.choose || !done)) await this.take(given)
      else if (session.signed_in) this.#enter(session)
      else this.#leave(null)
    } catch (error) {
      this.#leave(sentence(error))
    }
  }

  /** Signs in with a code from the address, or lets its owner pick the kind of key first. */
  async take({ code, choose }: AddressCode): Promise<void> {
    if (!choose) return this.signIn(code)
    this.#state.value = { kind: 'signed-out', problem: null, busy: false, code }
  }

  /**
   * Proves the code without sending it, and enrols a key along the way: the one that this browser has, or a new one;
   * `withPasskey` a passkey in any case.
   */
  async signIn(typed: string, withPasskey = false): Promise<void> {
    const code = normalCode(typed)
    if (code === '') return this.#leave(strings.signIn.empty)
    if (!this.#parts.secure) return this.#leave(strings.signIn.insecure)
    this.#state.value = { kind: 'signed-out', problem: null, busy: true }
    try {
      const { redemption, key } = await this.#redemption(code, withPasskey)
      const session = await this.#parts.gateway.signIn(redemption)
      this.#key = key === null ? null : { ...key, keyId: session.key_id }
      // A browser that keeps nothing (a private window, perhaps) can still approve until the page is closed.
      if (this.#key !== null) await this.#parts.keys.save(this.#key).catch(() => undefined)
      this.#enter(session)
    } catch (error) {
      if (this.#key !== null && error instanceof RequestError && KEY_REFUSED.includes(error.code)) {
        await this.#forgetKey()
        return this.signIn(typed, withPasskey)
      }
      this.#leave(sentence(error))
    }
  }

  /** Signs in again with the key that this browser has. */
  async signInWithKey(): Promise<void> {
    const key = this.#key
    if (key?.keyId == null) return
    await this.#signInBy(strings.signIn.wrongKey, async () => {
      const { nonce } = await this.#parts.gateway.challenge()
      const text = `castellan sign-in v1\n${nonce}\n`
      if (!isPasskey(key))
        return { nonce, key: { key_id: key.keyId as OperatorKeyId, signature: await signText(key, text) } }
      const assertion = await this.#parts.passkeys.sign(key.credentialId, text)
      return { nonce, key: { credential_id: key.credentialId, assertion } }
    })
  }

  /**
   * Signs in with a passkey that its owner picks, on a browser that knows nothing of it: from then on it signs here what they
   * approve.
   */
  async signInWithPasskey(): Promise<void> {
    const { gateway, passkeys, keys } = this.#parts
    let picked: string | undefined
    const session = await this.#signInBy(strings.signIn.wrongKey, async () => {
      const { nonce } = await gateway.challenge()
      const { credentialId, assertion } = await passkeys.pick(`castellan sign-in v1\n${nonce}\n`)
      picked = credentialId
      return { nonce, key: { credential_id: credentialId, assertion } }
    })
    if (session === undefined || picked === undefined) return
    this.#key = { credentialId: picked, keyId: session.key_id }
    await keys.save(this.#key).catch(() => undefined)
    this.#enter(session)
  }

  /** What it approves is still signed with the key that this browser has, if it has one. */
  async signInWithPassphrase(passphrase: string): Promise<void> {
    if (passphrase === '') return this.#leave(strings.signIn.emptyPassphrase)
    const key_id = this.#key?.keyId ?? null
    await this.#signInBy(strings.signIn.wrongPassphrase, async () => {
      return key_id === null ? { passphrase } : { passphrase, key_id }
    })
  }

  async #signInBy(wrong: string, request: () => Promise<SignInRequest>): Promise<PageSession | undefined> {
    this.#state.value = { kind: 'signed-out', problem: null, busy: true }
    try {
      const session = await this.#parts.gateway.signIn(await request())
      this.#enter(session)
      return session
    } catch (error) {
      this.#leave(error instanceof RequestError && error.code === 'sign_in_failed' ? wrong : sentence(error))
      return undefined
    }
  }

  /**
   * Makes a passkey with a fresh code while signed in, which signs this browser in anew; from then on the passkey signs here. The page is to
   * be loaded again after it. Throws a sentence that says why not.
   */
  async addPasskey(typed: string): Promise<void> {
    const code = normalCode(typed)
    if (code === '') throw new Error(strings.signIn.empty)
    this.#renewing = true
    try {
      const proof = await hmacHex(code, 'castellan sign-in')
      const { key, bound } = await this.#newPasskey(code)
      const session = await this.#parts.gateway.signIn({ proof, key: bound })
      this.#key = { ...key, keyId: session.key_id }
      await this.#parts.keys.save(this.#key).catch(() => undefined)
    } catch (error) {
      this.#renewing = false
      throw new Error(sentence(error))
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
    if (this.#state.value.kind === 'signed-in' && !this.#renewing) this.#leave(strings.signIn.ended)
  }

  async #redemption(
    code: string,
    withPasskey: boolean,
  ): Promise<{ readonly redemption: SignInRedemption; readonly key: OperatorKey | null }> {
    const proof = await hmacHex(code, 'castellan sign-in')
    const name = this.#parts.browserName
    const known = this.#key
    if (known !== null && isPasskey(known) && known.keyId !== null) {
      const key_mac = await hmacHex(code, `castellan use ${known.keyId}`)
      return { redemption: { proof, key: { key_id: known.keyId, key_mac } }, key: known }
    }
    if (withPasskey) {
      const { key, bound } = await this.#newPasskey(code)
      return { redemption: { proof, key: bound }, key }
    }
    const key = known !== null && !isPasskey(known) ? known : await makeBrowserKey()
    if (key === null) return { redemption: { proof }, key }
    const { publicKey: public_key } = key
    const key_mac = await hmacHex(code, `castellan enrol ${public_key}`)
    return { redemption: { proof, key: { name, public_key, key_mac } }, key }
  }

  /** A fresh passkey, and how a redemption brings it, bound to the code. */
  async #newPasskey(code: string) {
    const { passkeys, browserName: name } = this.#parts
    const passkey = await passkeys.create(await hmacBase64Url(code, 'castellan passkey'), name)
    const { credential_id: credentialId, client_data, attestation } = passkey
    const key_mac = await hmacHex(code, `castellan enrol passkey ${credentialId} ${client_data} ${attestation}`)
    return { key: { credentialId, keyId: null }, bound: { name, passkey, key_mac } }
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
    const key = this.#key?.keyId != null && this.#parts.secure
    this.#ways.value = { ...this.#ways.value, key }
    this.#parts.gateway.challenge().then(
      ({ passphrase_set }) => {
        this.#ways.value = { key, passphrase: passphrase_set }
      },
      // Whoever does not answer is said so elsewhere.
      () => undefined,
    )
  }
}

/** Refusals that are about the key this browser brought, such as one that was revoked: then a new one is made. */
const KEY_REFUSED: readonly string[] = ['conflict', 'operator_unknown', 'invalid_request', 'signature_invalid']

function sentence(error: unknown): string {
  // WebAuthn Level 3, section 14.5.1: browsers do not say whether there was nobody, or somebody who refused.
  if (error instanceof Error && error.name === 'NotAllowedError') return strings.signIn.passkeyRefused
  if (!(error instanceof RequestError))
    return strings.signIn.failed(error instanceof Error ? error.message : String(error))
  if (error.code === 'sign_in_failed') return strings.signIn.wrongCode
  if (error.code === 'unreachable') return strings.signIn.unreachable
  return error.message === '' ? strings.signIn.failed(error.code) : error.message
}
