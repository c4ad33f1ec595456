import { X509Certificate } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Throws `invalid_arguments` unless the text holds certificates in PEM form and nothing else, above all no private key. */
export function assertCertificates(pem: string): void {
  const found = pem.match(CERTIFICATE) ?? []
  const rest = pem.replace(CERTIFICATE, '').trim()
  if (found.length === 0 || rest !== '') throw unusable('it must hold certificates in PEM form and nothing else')
  for (const certificate of found) {
    try {
      new X509Certificate(certificate)
    } catch (cause) {
      throw unusable('one of its certificates is damaged', cause)
    }
  }
}

function unusable(why: string, cause?: unknown): CastellanError {
  return new CastellanError('invalid_arguments', `The file of certificates cannot be used: ${why}.`, { cause })
}
