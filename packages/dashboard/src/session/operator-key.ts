import type { OperatorKeyId } from '@castellan/contracts'
import { toBase64, utf8 } from './bytes.ts'

/** An operator key that lives in this browser. The private half cannot leave it, not even through this page's own script. */
export interface BrowserKey {
  readonly privateKey: CryptoKey
  /** Raw 32 bytes (RFC 8032), base64. */
  readonly publicKey: string
  /** Its name at agentd, once it is enrolled. */
  readonly keyId: OperatorKeyId | null
}

/** A passkey: it lives in an authenticator, which asks who is there each time. Only its name is kept here. */
export interface PasskeyRef {
  /** base64url. */
  readonly credentialId: string
  readonly keyId: OperatorKeyId | null
}

export type OperatorKey = BrowserKey | PasskeyRef

export function isPasskey(key: OperatorKey): key is PasskeyRef {
  return 'credentialId' in key
}

/** A fresh Ed25519 key; null where the browser has no Ed25519 (WebCrypto Secure Curves). */
export async function makeBrowserKey(): Promise<BrowserKey | null> {
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
export async function signText(key: BrowserKey, text: string): Promise<string> {
  return toBase64(await crypto.subtle.sign('Ed25519', key.privateKey, utf8(text)))
}
