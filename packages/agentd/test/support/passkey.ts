import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { PasskeyAssertion, PasskeyAttestation } from '@castellan/contracts'

export interface Ceremony {
  readonly challenge: string
  readonly origin?: string
  readonly rpId?: string
  /** Whether the authenticator checked who is there. */
  readonly verified?: boolean
  readonly counter?: number
}

/** An authenticator in software, as WebAuthn Level 3 has it: P-256, no attestation. It does what it is told, also wrong. */
export class SoftPasskey {
  readonly id = randomBytes(16)
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  create({ challenge, counter = 0, ...rest }: Ceremony): PasskeyAttestation {
    const idLength = Buffer.from([this.id.length >> 8, this.id.length & 0xff])
    const attested = Buffer.concat([Buffer.alloc(16), idLength, this.id, this.#coseKey()])
    const authData = Buffer.concat([authenticatorData({ ...rest, counter }, 0x40), attested])
    const attestation = map([
      [text('fmt'), text('none')],
      [text('attStmt'), map([])],
      [text('authData'), bytes(authData)],
    ])
    return {
      credential_id: this.id.toString('base64url'),
      client_data: clientData('webauthn.create', challenge, rest.origin),
      attestation: attestation.toString('base64url'),
    }
  }

  /** Signs a text as the page does: the challenge is its SHA-256. */
  signText(signed: string, rest: Omit<Ceremony, 'challenge'> = {}): PasskeyAssertion {
    const challenge = createHash('sha256').update(signed).digest('base64url')
    const client_data = clientData('webauthn.get', challenge, rest.origin)
    const authData = authenticatorData({ ...rest, counter: rest.counter ?? 0 }, 0)
    const hash = createHash('sha256').update(Buffer.from(client_data, 'base64url')).digest()
    const signature = sign('sha256', Buffer.concat([authData, hash]), this.#pair.privateKey)
    return {
      client_data,
      authenticator_data: authData.toString('base64url'),
      signature: signature.toString('base64url'),
    }
  }

  /** RFC 9053, section 7.1.1: kty EC2, alg ES256, crv P-256, x, y. */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#pair.publicKey.export({ format: 'jwk' })
    return map([
      [Buffer.from([0x01]), Buffer.from([0x02])],
      [Buffer.from([0x03]), Buffer.from([0x26])],
      [Buffer.from([0x20]), Buffer.from([0x01])],
      [Buffer.from([0x21]), bytes(Buffer.from(x, 'base64url'))],
      [Buffer.from([0x22]), bytes(Buffer.from(y, 'base64url'))],
    ])
  }
}

function authenticatorData(
  { rpId = 'localhost', verified = true, counter }: Omit<Ceremony, 'challenge'>,
  flags: number,
) {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter ?? 0)
  // User present, user verified (section 6.1).
  const all = flags | 0x01 | (verified ? 0x04 : 0)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([all]), count])
}

function clientData(type: string, challenge: string, origin = 'http://localhost:18789'): string {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })).toString('base64url')
}

/** As much of CBOR (RFC 8949) as an attestation needs. */
function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length])
  return length < 256
    ? Buffer.from([(major << 5) | 24, length])
    : Buffer.from([(major << 5) | 25, length >> 8, length & 0xff])
}

function text(value: string): Buffer {
  return Buffer.concat([head(3, value.length), Buffer.from(value)])
}

function bytes(value: Buffer): Buffer {
  return Buffer.concat([head(2, value.length), value])
}

function map(entries: readonly (readonly [Buffer, Buffer])[]): Buffer {
  return Buffer.concat([head(5, entries.length), ...entries.flat()])
}
