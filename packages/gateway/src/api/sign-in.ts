import { CastellanError, type PageSession, SignInRedemption } from '@castellan/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Agentd } from '../agentd.ts'
import { cookieName } from '../plugins/auth.ts'
import type { SignInAttempts } from '../sign-in/attempts.ts'
import type { PageSessions } from '../sign-in/sessions.ts'
import { parse } from './parse.ts'

const COOKIE_LIFE_SECONDS = 30 * 24 * 3600

export interface SignInParts {
  readonly agentd: Agentd
  readonly pageSessions: PageSessions
  readonly attempts: SignInAttempts
}

/** How a browser becomes the owner's page and stops being it. Public, as all three serve people who are not signed in. */
export function addSignInRoutes(app: FastifyInstance, { agentd, pageSessions, attempts }: SignInParts): void {
  const route = { config: { public: true } }

  app.get('/session', route, async (request): Promise<PageSession> => {
    const cookie = request.cookies[cookieName(request)]
    const session = cookie === undefined ? undefined : pageSessions.use(cookie)
    return session === undefined ? { signed_in: false, key_id: null } : { signed_in: true, key_id: session.keyId }
  })

  app.post('/sign-in', route, async (request, reply): Promise<PageSession> => {
    const redemption = parse(SignInRedemption, request.body, 'The body')
    attempts.begin(request.clientAddress)
    // agentd holds the codes and judges the proof; the code itself never comes here.
    const { key_id } = await agentd.redeemSignIn(redemption).catch((error: unknown) => {
      if (!(error instanceof CastellanError && error.code === 'sign_in_failed'))
        attempts.takeBack(request.clientAddress)
      throw error
    })
    attempts.clear(request.clientAddress)
    const { cookie } = await pageSessions.create({ keyId: key_id, how: 'code', address: request.clientAddress })
    setCookie(request, reply, cookie, COOKIE_LIFE_SECONDS)
    return { signed_in: true, key_id }
  })

  app.post('/sign-out', route, async (request, reply) => {
    const cookie = request.cookies[cookieName(request)]
    if (cookie !== undefined) await pageSessions.end(cookie)
    setCookie(request, reply, '', 0)
    return reply.code(204).send()
  })
}

function setCookie(request: FastifyRequest, reply: FastifyReply, value: string, maxAge: number): void {
  // Behind a TLS proxy the page's origin is https, and the cookie must never travel without TLS.
  const secure = request.overTls || (request.headers.origin?.startsWith('https://') ?? false)
  reply.setCookie(cookieName(request), value, { path: '/', httpOnly: true, sameSite: 'strict', secure, maxAge })
}
