import { isIP, connect as openTcp } from 'node:net'
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { CastellanError } from '@castellan/contracts'
import type { Address } from './resolve.ts'

/** The certificate that a TLS server shows, and what to think of it. */
export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly validFrom: Date
  readonly validTo: Date
  readonly sha256: string
  readonly serialNumber: string
  /** Certificates that the server sent, itself included. */
  readonly chainLength: number
  /** Whether the chain leads to an authority that this host's Node trusts; `trustProblem` is its reason otherwise. */
  readonly trusted: boolean
  readonly trustProblem: string | null
  readonly matchesName: boolean
  readonly protocol: string
  readonly cipher: string
}

/** Shakes hands and hangs up. Nothing is sent over the connection. Throws `command_failed` where there is no handshake. */
export function readCertificate(
  { address, family }: Address,
  port: number,
  name: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CertificateFacts> {
  signal.throwIfAborted()
  const carrier = openTcp({ host: address, port, family })
  const socket = connect({
    socket: carrier,
    // A broken certificate is what this is for: it is looked at, and nothing goes over the connection.
    rejectUnauthorized: false,
    ...(isIP(name) === 0 ? { servername: name } : {}),
  })
  return new Promise<CertificateFacts>((resolve, reject) => {
    const fail = (why: string) => {
      reject(new CastellanError('command_failed', `${name} port ${port} (${address}) shook no hands over TLS: ${why}.`))
    }
    socket.setTimeout(timeoutMs, () => fail(`it did not answer within ${timeoutMs} ms`))
    socket.on('error', (error) => fail(tlsWords(error)))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate(true)
      if (Object.keys(certificate).length === 0) fail('it showed no certificate')
      else resolve(describe(socket, certificate, name))
    })
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  }).finally(() => {
    socket.destroy()
    carrier.destroy()
  })
}

function describe(socket: TLSSocket, certificate: DetailedPeerCertificate, name: string): CertificateFacts {
  const cipher = socket.getCipher()
  return {
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    names: (certificate.subjectaltname ?? '')
      .split(', ')
      .filter((each) => each !== '')
      .map((each) => each.replace(/^(DNS|IP Address):/, '')),
    validFrom: new Date(certificate.valid_from),
    validTo: new Date(certificate.valid_to),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    serialNumber: certificate.serialNumber,
    chainLength: chainLength(certificate),
    trusted: socket.authorized,
    trustProblem: socket.authorized ? null : String(socket.authorizationError ?? 'unknown'),
    matchesName: checkServerIdentity(name, certificate) === undefined,
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: cipher.standardName ?? cipher.name,
  }
}

function chainLength(certificate: DetailedPeerCertificate): number {
  const seen = new Set<string>()
  for (let each = certificate; each !== undefined && !seen.has(each.fingerprint256); each = each.issuerCertificate) {
    seen.add(each.fingerprint256)
  }
  return seen.size
}

/** `CN=example.org, O=Example`; a part that is there twice is shown twice. */
function distinguishedName(parts: object | undefined): string {
  return Object.entries(parts ?? {})
    .flatMap(([key, value]) => [value].flat().map((each) => `${key}=${String(each)}`))
    .join(', ')
}

function tlsWords(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'the connection was refused'
  if (error.code === 'ECONNRESET') return 'it hung up'
  if (/wrong version number|packet length too long|http request/i.test(error.message)) return 'it does not speak TLS'
  return error.code ?? error.message.slice(0, 100)
}
