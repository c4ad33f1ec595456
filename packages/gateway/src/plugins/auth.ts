import { CastellanError } from '@castellan/contracts'
import type { Scope } from '@castellan/contracts/api'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { ContainmentWatch } from '../emergency/containment-watch.ts'
import type { PageSessions } from '../sign-in/sessions.ts'
import type { OwnerToken } from '../tokens/owner-token.ts'
import { ALL_RIGHTS, requireReach, requireScope } from '../tokens/rights.ts'
import type { Standing } from '../tokens/standing.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { AccessRefusals } from './access-refusals.ts'
import type { Caller } from './caller.ts'
import { cookieOf } from './cookies.ts'
import type { Guesses } from './rate-limit.ts'

export type { Caller } from './caller.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that is not public. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** Answers without a credential. Only for routes that reveal nothing and change nothing by themselves. */
    public?: boolean
    /** What a caller needs, on a route that is no operation of the v1 API. */
    scope?: Scope
  }
}

/** The subprotocol of the chat; browsers send it beside `bearer.<token>`, as they cannot set headers on a WebSocket. */
export const CHAT_PROTOCOL = 'castellan.v1'
const BEARER_PROTOCOL = 'bearer.'

export interface AuthParts {
  readonly guesses: Guesses
  readonly ownerToken: OwnerToken
  readonly tokens: Tokens
  readonly pageSessions: PageSessions
  /** Whether tokens of the API open nothing for now, because of an incident. */
  readonly containment: Pick<ContainmentWatch, 'refuseIfSuspended'>
  /** Told of credentials that are not good. */
  readonly refusals: Pick<AccessRefusals, 'note'>
}

/**
 * Every route asks who is there and what they may do, unless it is marked public. Being on this machine proves nothing. A
 * route that says neither what it needs nor that it is public fails the start: what was forgotten must not be open.
 */
export function addAuth(app: FastifyInstance, parts: AuthParts): void {
  app.decorateRequest('caller', null)
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  app.addHook('onReady', async () => {
    const forgotten = routes.find(({ config }) => config?.public !== true && scopeOf(config) === undefined)
    if (forgotten === undefined) return
    const { method, url } = forgotten
    throw new TypeError(`${String(method)} ${url} says neither which scope it needs nor that it is public`)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    refuseTokenInUrl(request)
    const { config } = request.routeOptions
    if (config.public !== true) {
      request.caller = authenticated(request, parts)
      if (!request.is404) {
        requireScope(request.caller, scopeOf(config) ?? 'admin')
        requireReach(request.caller, config.operation)
      }
    }
    done()
  })
}

function scopeOf(config: Partial<FastifyRequest['routeOptions']['config']> | undefined): Scope | undefined {
  const described = config?.operation?.scope
  return described === undefined || described === 'public' ? config?.scope : described
}

function authenticated(request: FastifyRequest, parts: AuthParts): Caller {
  try {
    return authenticate(request, parts)
  } catch (error) {
    // Whoever brings nothing guesses nothing.
    const isGuess = error instanceof CastellanError && error.code === 'unauthorized' && bringsSomething(request)
    if (isGuess && bearerOf(request) !== undefined) parts.refusals.note('token_unknown')
    throw isGuess ? parts.guesses.count(request.clientNetwork, error) : error
  }
}

function authenticate(request: FastifyRequest, parts: AuthParts): Caller {
  const token = bearerOf(request)
  if (token !== undefined) return withToken(token, parts)
  const cookie = cookieOf(request, 'session')
  if (cookie === undefined) {
    throw new CastellanError('unauthorized', 'Sign in on the page, or send a token as Authorization: Bearer.')
  }
  refuseUnplacedCookie(request)
  const session = parts.pageSessions.use(cookie)
  if (session === undefined) {
    throw new CastellanError('unauthorized', 'This sign-in has ended; sign in again with a fresh code.')
  }
  const { credential, keyId, standing } = session
  return { kind: 'page', credential, keyId, standing, expiresAt: Number.POSITIVE_INFINITY, ...ALL_RIGHTS }
}

/** One answer for every wrong token: whether it was once good is nobody's business but its owner's. */
function withToken(token: string, { ownerToken, tokens, containment }: AuthParts): Caller {
  const standing = ownerToken.match(token)
  if (standing !== undefined && isGood(standing)) {
    return { kind: 'owner', credential: 'owner', token, standing, expiresAt: Number.POSITIVE_INFINITY, ...ALL_RIGHTS }
  }
  const known = standing === undefined ? tokens.find(token) : undefined
  if (known !== undefined && isGood(known.standing)) {
    containment.refuseIfSuspended()
    const { id, rights, expiresAt } = known
    return { kind: 'token', credential: id, standing: known.standing, expiresAt, ...rights }
  }
  throw new CastellanError(
    'unauthorized',
    'This token is not known here, was revoked or has expired; use another, or read the owner’s from its file again.',
  )
}

function isGood(standing: Standing): boolean {
  return !standing.ended
}

function bringsSomething(request: FastifyRequest): boolean {
  const { authorization, cookie } = request.headers
  return authorization !== undefined || cookie !== undefined || isUpgrade(request)
}

function bearerOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization
  if (header !== undefined) {
    // As nearly all write it.
    if (header.startsWith('Bearer ') && header.length > 7 && !header.includes(' ', 7)) return header.slice(7)
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
  const mark = request.url.indexOf('?')
  if (mark === -1) return
  const parameters = [...new URLSearchParams(request.url.slice(mark + 1))]
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
