import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign, verify } from 'node:crypto'
import { LedgerError } from '../error.ts'
import { sha256 } from '../merkle/hash.ts'
import { hmacSha256 } from '../merkle/hmac.ts'
import { decodeBase64 } from './base64.ts'

/** Signature types of C2SP signed-note and tlog-cosignature that this package knows. */
export const NOTE_ED25519 = 0x01
export const COSIGNATURE_ED25519 = 0x04

/** A public key of a log or a witness: C2SP "vkey", `name+hex(key id)+base64(type || key)`. */
export interface Verifier {
  readonly name: string
  readonly keyId: string
  readonly type: typeof NOTE_ED25519 | typeof COSIGNATURE_ED25519
  readonly publicKey: KeyObject
  readonly vkey: string
}

export interface Signer {
  readonly verifier: Verifier
  /** Ed25519 over `message` (RFC 8032), 64 bytes. */
  sign(message: Uint8Array): Buffer
  /** HMAC-SHA256 under a key derived from the same seed: cheap, and known again by whoever holds the seed alone. */
  mac(message: Uint8Array): Buffer
}

/** SPKI and PKCS #8 frames of an Ed25519 key (RFC 8410); the raw 32 bytes follow. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

export function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length)
}

export function publicKeyFromRaw(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' })
}

export function privateKeyFromSeed(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
}

export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\u0000-\u001f]/u.test(name)
}

export function makeVerifier(name: string, raw: Uint8Array, type: Verifier['type'] = NOTE_ED25519): Verifier {
  if (!isKeyName(name))
    throw new LedgerError('invalid_request', 'A key name is not empty and has no spaces and no plus.')
  const material = Buffer.concat([Buffer.from([type]), raw])
  const keyId = sha256(Buffer.concat([Buffer.from(`${name}\n`), material])).toString('hex', 0, 4)
  return {
    name,
    keyId,
    type,
    publicKey: publicKeyFromRaw(raw),
    vkey: `${name}+${keyId}+${material.toString('base64')}`,
  }
}

/** Reads a vkey. Refuses one whose key id does not match its key. Source: C2SP signed-note, "Verifier keys". */
export function parseVkey(text: string): Verifier {
  const bad = (why: string) => new LedgerError('invalid_request', `Not a verifier key (name+id+key): ${why}.`)
  const parts = text.trim().split('+')
  const [name, keyId] = parts
  // The base64 part may hold pluses of its own.
  const material = decodeBase64(parts.slice(2).join('+'))
  if (name === undefined || keyId === undefined || material === null) throw bad('it needs three parts joined by plus')
  const type = material[0]
  if (type !== NOTE_ED25519 && type !== COSIGNATURE_ED25519) throw bad('only Ed25519 keys are known here')
  if (material.length !== 33) throw bad('an Ed25519 key is 32 bytes')
  const verifier = makeVerifier(name, material.subarray(1), type)
  if (verifier.keyId !== keyId) throw bad('its key id does not belong to its key')
  return verifier
}

export function makeSigner(name: string, seed: Uint8Array, type: Verifier['type'] = NOTE_ED25519): Signer {
  const key = privateKeyFromSeed(seed)
  const verifier = makeVerifier(name, rawPublicKey(createPublicKey(key)), type)
  return {
    verifier,
    sign: (message) => sign(null, message, key),
    mac: hmacSha256(Buffer.from(hkdfSync('sha256', seed, '', 'castellan ledger mac v1', 32))),
  }
}

export function verifyEd25519(verifier: Verifier, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, message, verifier.publicKey, signature)
}
