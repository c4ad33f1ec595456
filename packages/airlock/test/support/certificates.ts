import { createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

const day = 24 * 3600 * 1000

export interface Certified {
  readonly key: string
  readonly cert: string
}

/** An authority of the test's own; it signs certificates for names (X.509 version 3, RFC 5280, ECDSA P-256). */
export class Authority {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #name: Buffer
  readonly cert: string

  constructor(name = 'Castellan test authority') {
    this.#name = nameOf(name)
    this.cert = this.#sign(this.#name, this.#keys.publicKey, [extension('551d13', true, sequence(boolean(true)))], 1)
  }

  /** A key and a certificate for these names, good for a day; `daysLeft` below zero makes one that is over. */
  issue(names: readonly string[], daysLeft = 1): Certified {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const alternatives = sequence(...names.map((name) => der(0x82, Buffer.from(name))))
    const cert = this.#sign(nameOf(names[0] ?? 'test'), publicKey, [extension('551d11', false, alternatives)], daysLeft)
    return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert }
  }

  #sign(subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[], daysLeft: number): string {
    const algorithm = sequence(objectId('2a8648ce3d040302'))
    const body = sequence(
      der(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      algorithm,
      this.#name,
      sequence(time(Date.now() - 30 * day), time(Date.now() + daysLeft * day)),
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(...extensions)),
    )
    const signature = createSign('sha256').update(body).sign(this.#keys.privateKey)
    const whole = sequence(body, algorithm, der(3, Buffer.concat([Buffer.from([0]), signature])))
    const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  }
}

/** One value of ASN.1's distinguished encoding (X.690): tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts))
const integer = (content: Buffer): Buffer => der(2, content)
const boolean = (value: boolean): Buffer => der(1, Buffer.from([value ? 0xff : 0]))
const objectId = (hex: string): Buffer => der(6, Buffer.from(hex, 'hex'))

function nameOf(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(12, Buffer.from(name)))))
}

function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return der(24, Buffer.from(`${text}Z`))
}

function extension(idHex: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(idHex), ...(critical ? [boolean(true)] : []), der(4, value))
}
