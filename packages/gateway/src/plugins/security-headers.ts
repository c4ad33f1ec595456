import type { FastifyInstance } from 'fastify'

/**
 * The page runs its own script files and nothing else: no inline script, no other origin, no framing. `connect-src 'self'`
 * covers the chat socket as well (CSP Level 3, section 6.7.2.8).
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS)
    // RFC 6797, section 7.2: only over TLS, which is the proxy's.
    if (request.overTls) reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains')
    // Answers carry what the machine said; only the page's own files may be kept, and they say so themselves.
    reply.header('cache-control', 'no-store')
    done()
  })
}
