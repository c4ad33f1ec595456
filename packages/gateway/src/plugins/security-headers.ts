import type { FastifyInstance, onRequestHookHandler } from 'fastify'

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

type Headers = Readonly<Record<string, string>>

/**
 * For answers to programs. Should a browser show one all the same, nothing in it is run or loaded, and no page may frame or
 * read it. Headers are most of what an answer costs beyond what it says, so those that are about documents alone stay away.
 */
export const ANSWER_HEADERS: Headers = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Answers carry what the machine said; only the page's own files may be kept, and they say so themselves.
  'cache-control': 'no-store',
}

const DOCUMENT_HEADERS: Headers = {
  ...ANSWER_HEADERS,
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}

export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(ANSWER_HEADERS)
    // RFC 6797, section 7.2: only over TLS, which is the proxy's.
    if (request.overTls) reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains')
    done()
  })
}

/** For routes whose answers a browser shows: the page with its files, and the documentation. Refusals stay answers to programs. */
export const asDocument: onRequestHookHandler = (_request, reply, done) => {
  reply.headers(DOCUMENT_HEADERS)
  done()
}
