import { CastellanError } from '@castellan/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'

export interface OriginRules {
  /** The address listened on, as configured. */
  readonly host: string
  /** Origins beyond the loopback ones. */
  readonly publicOrigins: readonly string[]
}

/**
 * Refuses requests that name another `Host` (a web page whose name was made to resolve to this machine: DNS rebinding)
 * and requests that another origin's page makes. Programs send no `Origin` and pass.
 *
 * Browsers leave `Origin` out where a page only fetches (an image, a script, a frame), and the cookies of one port go to all
 * ports of a machine: there `Sec-Fetch-Site` says whose page it was (Fetch Metadata, W3C). Following a link is allowed.
 */
export function addOriginGuard(app: FastifyInstance, rules: OriginRules): void {
  const publicHosts = rules.publicOrigins.map((origin) => new URL(origin).host)
  const publicOrigins = rules.publicOrigins.map((origin) => origin.toLowerCase())
  const byPort = new Map<number | undefined, string[]>()
  const localAt = (port: number | undefined): string[] => {
    const known = byPort.get(port) ?? localHosts(rules.host, port)
    byPort.set(port, known)
    return known
  }

  app.addHook('onRequest', (request, _reply, done) => {
    const local = localAt(request.socket.localPort)
    const host = request.headers.host?.toLowerCase()
    if (host === undefined || !(local.includes(host) || publicHosts.includes(host))) {
      throw new CastellanError(
        'host_refused',
        `This gateway does not answer to the name ${JSON.stringify(host ?? '')}. ` +
          `Use ${local[0]}, or name the address you use in publicOrigins.`,
      )
    }
    const origin = request.headers.origin?.toLowerCase()
    const known = origin === undefined || local.some((name) => origin === `http://${name}`)
    if (!known && !publicOrigins.includes(origin)) {
      throw new CastellanError(
        'origin_refused',
        `A page from ${JSON.stringify(origin)} may not talk to this gateway. ` +
          'Open the page that the gateway itself serves, or name that origin in publicOrigins.',
      )
    }
    if (origin === undefined) refuseEmbedding(request)
    done()
  })
}

function refuseEmbedding({ headers }: FastifyRequest): void {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  if (site !== 'cross-site' && site !== 'same-site') return
  if (mode === 'navigate' && destination === 'document') return
  throw new CastellanError(
    'origin_refused',
    'Another page may lead to this gateway, and not embed or fetch what it serves. Open its address itself.',
  )
}

/** The names a local client may call this gateway, with the port it really listens on. */
function localHosts(host: string, port: number | undefined): string[] {
  const names = ['127.0.0.1', 'localhost', '[::1]', host.includes(':') ? `[${host}]` : host]
  // On the Unix socket there is no port, and a client of this machine says `localhost`.
  return names.map((name) => (port === 80 || port === undefined ? name : `${name}:${port}`))
}
