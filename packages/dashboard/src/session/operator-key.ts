import type { OperatorKeyId } from '@castellan/contracts'
import { toBase64, utf8 } from './bytes.ts'

/** This browser's operator key. The private half cannot leave the browser, not even through this page's own script. */
export interface OperatorKey {
  readonly privateKey: CryptoKey
  /** Raw 32 bytes (RFC 8032), base64. */
  readonly publicKey: string
  /** Its name at agentd, once it is enrolled. */
  readonly keyId: OperatorKeyId | null
}

/** A fresh Ed25519 key; null where the browser has no Ed25519 (WebCrypto Secure Curves). */
export async function makeOperatorKey(): Promise<OperatorKey | null> {
  try {
    const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
    const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
    return { privateKey: pair.privateKey, publicKey: toBase64(raw), keyId: null }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') return null
    throw error
  }
}

/** An Ed25519 signature over the text's UTF-8 bytes, base64. */
export async function signText(key: OperatorKey, text: string): Promise<string> {
  return toBase64(await crypto.subtle.sign('Ed25519', key.privateKey, utf8(text)))
}
