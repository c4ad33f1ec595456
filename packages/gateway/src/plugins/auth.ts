import { CastellanError, type OperatorKeyId } from '@castellan/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PageSessions } from '../sign-in/sessions.ts'
import type { OwnerToken } from './owner-token.ts'

/** Who makes a request. `credential` names it for logs and for counting, and lets nobody in. */
export type Caller =
  | { readonly kind: 'owner'; readonly credential: 'owner'; readonly token: string }
  | { readonly kind: 'page'; readonly credential: string; readonly keyId: OperatorKeyId | null }

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that is not public. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** Answers without a credential. Only for routes that reveal nothing and change nothing by themselves. */
    public?: boolean
  }
}

/** The subprotocol of the chat; browsers send it beside `bearer.<token>`, as they cannot set headers on a WebSocket. */
export const CHAT_PROTOCOL = 'castellan.v1'
const BEARER_PROTOCOL = 'bearer.'

export interface AuthParts {
  readonly ownerToken: OwnerToken
  readonly pageSessions: PageSessions
}

/** Every route asks who is there, unless it is marked public. Being on this machine proves nothing. */
export function addAuth(app: FastifyInstance, parts: AuthParts): void {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    refuseTokenInUrl(request)
    if (request.routeOptions.config.public === true) return
    request.caller = authenticate(request, parts)
  })
}

function authenticate(request: FastifyRequest, { ownerToken, pageSessions }: AuthParts): Caller {
  const token = bearerOf(request)
  if (token !== undefined) {
    if (!ownerToken.matches(token)) {
      throw new CastellanError('unauthorized', 'This token is not the owner’s; read it again from the token file.')
    }
    return { kind: 'owner', credential: 'owner', token }
  }
  const cookie = request.cookies[cookieName(request)]
  if (cookie === undefined) {
    throw new CastellanError(
      'unauthorized',
      'Sign in on the page, or send the content of the token file as Authorization: Bearer.',
    )
  }
  refuseUnplacedCookie(request)
  const session = pageSessions.use(cookie)
  if (session === undefined) {
    throw new CastellanError('unauthorized', 'This sign-in has ended; sign in again with a fresh code.')
  }
  return { kind: 'page', credential: session.credential, keyId: session.keyId }
}

/** Loopback cookies are shared between ports, so each gateway names its own after the port it listens on. */
export function cookieName(request: FastifyRequest): string {
  return `castellan_session_${request.socket.localPort}`
}

function bearerOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization
  if (header !== undefined) {
    const [scheme, token, ...rest] = header.split(' ')
    if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0) {
      throw new CastellanError('unauthorized', 'The Authorization header has to read: Bearer, a space, the token.')
    }
    return token
  }
  if (!isUpgrade(request)) return undefined
  const protocols = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? []
  return protocols.find((name) => name.startsWith(BEARER_PROTOCOL))?.slice(BEARER_PROTOCOL.length)
}

/**
 * A cookie alone proves only which browser it is, not which page asks. Browsers name the page's origin wherever something
 * can change or be read back (the origin guard has judged it already), so a request without one is not the page's.
 */
function refuseUnplacedCookie(request: FastifyRequest): void {
  const readsOnly = (request.method === 'GET' || request.method === 'HEAD') && !isUpgrade(request)
  if (readsOnly || request.headers.origin !== undefined) return
  throw new CastellanError(
    'origin_refused',
    'A signed-in request has to come from the page; programs use the token instead.',
  )
}

function refuseTokenInUrl(request: FastifyRequest): void {
  const query = request.url.split('?', 2)[1]
  if (query === undefined) return
  const parameters = [...new URLSearchParams(query)]
  if (
    parameters.some(
      ([name, value]) => /^(access_?token|token|bearer|authorization)$/i.test(name) || value.includes('cst_'),
    )
  ) {
    throw new CastellanError(
      'invalid_request',
      'Never put a token into an address: addresses end up in logs and histories. Send it as Authorization: Bearer, ' +
        `or for a WebSocket in a browser as the subprotocols ${CHAT_PROTOCOL} and ${BEARER_PROTOCOL}TOKEN.`,
    )
  }
}

function isUpgrade(request: FastifyRequest): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}
