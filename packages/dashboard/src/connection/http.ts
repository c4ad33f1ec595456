import type {
  ErrorEnvelope,
  GatewayHealth,
  PageSession,
  SignInChallenge,
  SignInRequest,
  Transcript,
} from '@castellan/contracts'

/** A refusal of the gateway, or `unreachable` when there was no answer at all. */
export class RequestError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'RequestError'
    this.code = code
  }
}

/** The gateway's HTTP interface, as far as the page needs it. Every method throws {@link RequestError}. */
export class Gateway {
  health(): Promise<GatewayHealth> {
    return this.#ask('GET', '/health')
  }

  session(): Promise<PageSession> {
    return this.#ask('GET', '/session')
  }

  signIn(request: SignInRequest): Promise<PageSession> {
    return this.#ask('POST', '/sign-in', request)
  }

  /** What an enrolled key signs to sign in, and whether a passphrase would do. */
  challenge(): Promise<SignInChallenge> {
    return this.#ask('POST', '/sign-in/challenge')
  }

  async signOut(): Promise<void> {
    await this.#ask('POST', '/sign-out')
  }

  /** What the chat said after the frame with number `after`, and before that with number `before`: the newest of it. */
  transcript(chatId: string, after: number, before?: number): Promise<Transcript> {
    const until = before === undefined ? '' : `&before=${before}`
    return this.#ask('GET', `/api/v1/chats/${encodeURIComponent(chatId)}/transcript?after=${after}${until}`)
  }

  async #ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await fetch(path, { method, cache: 'no-store', credentials: 'same-origin', ...json }).catch(() => {
      throw new RequestError('unreachable', '')
    })
    const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
    if (response.ok) return answer as Answer
    const { code = 'internal', message = '' } = (answer ?? {}) as Partial<ErrorEnvelope>
    throw new RequestError(code, message)
  }
}
