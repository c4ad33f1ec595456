import type { RequestOptions } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { CastellanError } from '@castellan/contracts'
import { http } from '@castellan/daemon'
import { type Address, firstToAnswer, vettedAddresses } from './resolve.ts'

export interface HttpQuestion {
  readonly url: URL
  readonly method: 'GET' | 'HEAD'
  /** Text to look for in what is answered; the answer itself is not kept. */
  readonly contains: string | undefined
  readonly timeoutMs: number
}

export interface HttpAnswer {
  readonly url: string
  readonly address: string
  readonly status: number
  readonly statusText: string
  readonly contentType: string | null
  readonly server: string | null
  /** Bytes of the answer that were read, at most {@link MAX_BODY_BYTES}. */
  readonly bodyBytes: number
  readonly contains: boolean | null
  /** Until the first byte of the answer, the connection included. */
  readonly firstByteMs: number
  readonly totalMs: number
  /** Addresses passed on the way; the last redirect is not followed where it leads to another host. */
  readonly redirects: readonly string[]
  readonly redirectsTo: string | null
}

export const MAX_BODY_BYTES = 1024 * 1024
const MAX_REDIRECTS = 5

/**
 * Asks a web server once, as a check: no cookies, no credentials, the answer read up to a mebibyte and thrown away. It
 * connects to the very address that was vetted. Redirects are followed on the same host only, since policy has seen no other.
 */
export async function probeHttp(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  const redirects: string[] = []
  const startedAt = performance.now()
  for (let url = question.url; ; ) {
    const addresses = await vettedAddresses(bareHost(url), signal)
    const answer = await firstToAnswer(addresses, signal, (address) => ask({ ...question, url }, address, signal))
    const next = redirectTarget(answer.location, url)
    const follow =
      next !== null && next.hostname === url.hostname && redirects.length < MAX_REDIRECTS && upOrSame(url, next)
    if (!follow) {
      const { location: _, ...facts } = answer
      const totalMs = Math.round(performance.now() - startedAt)
      return { ...facts, totalMs, redirects, redirectsTo: next?.href ?? null }
    }
    redirects.push(next.href)
    url = next
  }
}

/** Without the brackets that an IPv6 address has in a URL, and without the dot that ends a full name. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

/** The same port or from HTTP to HTTPS: another port of the host is another service. */
function upOrSame(from: URL, to: URL): boolean {
  if (from.protocol === to.protocol) return from.port === to.port
  return from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === ''
}

function redirectTarget(location: string | null, base: URL): URL | null {
  if (location === null || !URL.canParse(location, base.href)) return null
  const target = new URL(location, base)
  target.username = ''
  target.password = ''
  return target.protocol === 'http:' || target.protocol === 'https:' ? target : null
}

type Asked = Omit<HttpAnswer, 'totalMs' | 'redirects' | 'redirectsTo'> & { readonly location: string | null }

function ask({ url, method, contains, timeoutMs }: HttpQuestion, to: Address, signal: AbortSignal): Promise<Asked> {
  const startedAt = performance.now()
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const send = url.protocol === 'https:' ? tlsRequest : http.request
  const options: RequestOptions = {
    method,
    agent: false,
    signal: deadline,
    // The name was looked up and vetted; asking again could be answered differently.
    lookup: (_name, options, done) => {
      if (options.all) done(null, [{ address: to.address, family: to.family }])
      else done(null, to.address, to.family)
    },
    headers: {
      'user-agent': 'castellan-http-check',
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
    },
    maxHeaderSize: 32 * 1024,
  }
  const request = send(url, options)
  return new Promise<Asked>((resolve, reject) => {
    request.on('error', (error) =>
      reject(signal.aborted ? signal.reason : failure(url, to, error, deadline, timeoutMs)),
    )
    request.on('response', (response) => {
      const firstByteMs = Math.round((performance.now() - startedAt) * 10) / 10
      const chunks: Buffer[] = []
      let bodyBytes = 0
      const finish = () => {
        response.destroy()
        const body = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString()
        resolve({
          url: url.href,
          address: to.address,
          status: response.statusCode ?? 0,
          statusText: shorten(response.statusMessage ?? ''),
          contentType: headerOf(response.headers['content-type']),
          server: headerOf(response.headers.server),
          location: headerOf(response.headers.location, 2000),
          bodyBytes: Math.min(bodyBytes, MAX_BODY_BYTES),
          contains: contains === undefined ? null : body.includes(contains),
          firstByteMs,
        })
      }
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bodyBytes += chunk.length
        if (bodyBytes >= MAX_BODY_BYTES) finish()
      })
      response.on('end', finish)
      response.on('error', (error) =>
        reject(signal.aborted ? signal.reason : failure(url, to, error, deadline, timeoutMs)),
      )
    })
    request.end()
  }).finally(() => request.destroy())
}

function failure(url: URL, to: Address, error: NodeJS.ErrnoException, deadline: AbortSignal, timeoutMs: number) {
  const words = deadline.aborted
    ? `it did not answer within ${timeoutMs} ms`
    : error.code === 'ECONNREFUSED'
      ? 'the connection was refused'
      : error.code === 'ECONNRESET'
        ? 'it hung up'
        : /certificate|CERT|self.signed/i.test(`${error.code} ${error.message}`)
          ? `its certificate is not trusted (${error.code ?? error.message}); certificate_check tells more`
          : (error.code ?? error.message)
  return new CastellanError('command_failed', `${url.origin} (${to.address}) gave no answer: ${words}.`)
}

function headerOf(value: string | string[] | undefined, most = 200): string | null {
  const text = [value].flat()[0]
  return text === undefined ? null : shorten(text, most)
}

function shorten(text: string, most = 200): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
