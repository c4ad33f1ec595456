import { type PageSession, type SignInChallenge, SignInRequest } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'
import { cookieOf, setCookie } from '../plugins/cookies.ts'
import type { Challenges } from '../sign-in/challenges.ts'
import type { Devices } from '../sign-in/devices.ts'
import type { Passphrase } from '../sign-in/passphrase.ts'
import type { PageSessions } from '../sign-in/sessions.ts'
import type { WaysIn } from '../sign-in/ways-in.ts'
import type { Recorder } from '../tokens/tokens.ts'
import { parse } from './parse.ts'

const DAY_SECONDS = 24 * 3600
const SESSION_SECONDS = 30 * DAY_SECONDS
/** As long as browsers keep one. */
const DEVICE_SECONDS = 400 * DAY_SECONDS

export interface SignInParts {
  readonly pageSessions: PageSessions
  readonly waysIn: WaysIn
  readonly challenges: Challenges
  readonly devices: Devices
  readonly passphrase: Passphrase
  readonly records: Recorder
}

/** How a browser becomes the owner's page and stops being it. Public, as all serve people who are not signed in. */
export function addSignInRoutes(app: FastifyInstance, parts: SignInParts): void {
  const { pageSessions, waysIn, challenges, devices, passphrase, records } = parts
  const route = { config: { public: true } }

  app.get('/session', route, async (request): Promise<PageSession> => {
    const cookie = cookieOf(request, 'session')
    const session = cookie === undefined ? undefined : pageSessions.use(cookie)
    return session === undefined ? { signed_in: false, key_id: null } : { signed_in: true, key_id: session.keyId }
  })

  app.post('/sign-in/challenge', route, async (): Promise<SignInChallenge> => {
    return { nonce: challenges.make(), passphrase_set: passphrase.isSet }
  })

  app.post('/sign-in', route, async (request, reply): Promise<PageSession> => {
    const asked = parse(SignInRequest, request.body, 'The body')
    const device = devices.nameOf(cookieOf(request, 'device'))
    const who = device === undefined ? `address ${request.clientNetwork}` : `device ${device}`
    const { how, keyId } = await waysIn.open(asked, who)
    const { cookie } = await pageSessions.create({ keyId, how, address: request.clientAddress })
    setCookie(request, reply, 'session', cookie, SESSION_SECONDS)
    if (device === undefined) setCookie(request, reply, 'device', devices.make(), DEVICE_SECONDS)
    return { signed_in: true, key_id: keyId }
  })

  app.post('/sign-out', route, async (request, reply) => {
    const cookie = cookieOf(request, 'session')
    const session = cookie === undefined ? undefined : await pageSessions.end(cookie)
    setCookie(request, reply, 'session', '', 0)
    // Signing out has happened, whether or not it can be recorded.
    if (session !== undefined) {
      await records.append({ type: 'page_signed_out', session }).catch((error: unknown) => {
        request.log.warn({ err: error }, 'a sign-out was not recorded')
      })
    }
    return reply.code(204).send()
  })
}
