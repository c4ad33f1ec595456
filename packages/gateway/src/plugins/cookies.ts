import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A browser's sign-in, and the name by which its attempts to sign in are counted. */
type Cookie = 'session' | 'device'

/** Read where it is asked for: programs, who make most requests, send none. */
export function cookieOf(request: FastifyRequest, what: Cookie): string | undefined {
  const { cookie } = request.headers
  return cookie === undefined ? undefined : parseCookie(cookie)[nameOf(request, what)]
}

/** Sets a cookie that only this gateway gets back, and no script sees; for `maxAge` seconds. */
export function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  what: Cookie,
  value: string,
  maxAge: number,
): void {
  // Behind a TLS proxy the page's origin is https, and the cookie must never travel without TLS.
  const secure = request.overTls || (request.headers.origin?.startsWith('https://') ?? false)
  const options = { path: '/', httpOnly: true, sameSite: 'strict', secure, maxAge } as const
  reply.header('set-cookie', stringifySetCookie({ name: nameOf(request, what), value, ...options }))
}

/** Loopback cookies are shared between ports, so each gateway names its own after the port it listens on. */
function nameOf(request: FastifyRequest, what: Cookie): string {
  const { localPort } = request.socket
  return localPort === undefined ? `castellan_${what}` : `castellan_${what}_${localPort}`
}
