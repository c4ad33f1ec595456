import type { Report } from '../finding.ts'
import { isPlaceholder, looksDrawn } from '../words.ts'

const PRIVATE = /-----BEGIN[ +](?:[A-Z0-9]+[ +]){0,3}PRIVATE[ +]KEY(?:[ +]BLOCK)?-----/g
const END = /-----END[^-\n]{1,60}-----/
/** Letters of the key itself that have to follow: documentation shows the first line alone. */
const KEY_BODY = /[A-Za-z0-9+/]{40}/
const MAX_BLOCK = 32 * 1024

const JWT = /(?<![\w.-])eyJ[\w-]{8,4096}\.eyJ[\w-]{4,16384}\.[\w-]{16,4096}/g
/** From `://` on: name, password and the beginning of a host. */
const PASSWORD_IN_URL = /:\/\/[^\s/:@"'<>`]{0,80}:([^\s/@"'<>`]{3,200})@[\w[]/g
const MAX_SCHEME = 20
const HEADER = /(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Tt]oken)[ +]{1,3}([A-Za-z0-9._~+/-]{16,4096}={0,2})/g
const PASSWORD_HASH = /\$(?:2[abxy]|5|6|7|y|gy|apr1|argon2(?:id|i|d)|scrypt|pbkdf2-sha\d+)\$[\w./$,=+-]{20,}/g
const WIREGUARD = /(?:PrivateKey|PresharedKey)\s*=\s*([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)/gi

/** Credentials that have a form of their own, but no provider: key files, signed tokens, passwords inside of addresses. */
export function findBlocks(text: string, report: Report): void {
  const at = (kind: string, start: number, length: number): void =>
    report({ class: 'credential', kind, start, end: start + length })

  if (text.includes('PRIVATE')) {
    for (const match of text.matchAll(PRIVATE)) {
      const from = match.index + match[0].length
      const next = text.indexOf('-----BEGIN', from)
      const rest = text.slice(from, next === -1 ? match.index + MAX_BLOCK : Math.min(next, match.index + MAX_BLOCK))
      const end = END.exec(rest)
      const body = end === null ? rest.slice(0, 4096) : rest.slice(0, end.index)
      if (!KEY_BODY.test(body.replace(/[\s+]+/g, ''))) continue
      at('private_key', match.index, match[0].length + body.length + (end?.[0].length ?? 0))
    }
  }
  const putty = text.indexOf('PuTTY-User-Key-File-')
  if (putty !== -1 && text.includes('Private-Lines:', putty)) at('private_key', putty, text.length - putty)
  if (text.includes('eyJ')) {
    for (const match of text.matchAll(JWT)) if (isJwt(match[0])) at('jwt', match.index, match[0].length)
  }
  if (text.includes('://')) {
    for (const match of text.matchAll(PASSWORD_IN_URL)) {
      const [scheme = ''] =
        /[a-z][a-z0-9+.-]*$/i.exec(text.slice(Math.max(0, match.index - MAX_SCHEME), match.index)) ?? []
      if (scheme === '' || isPlaceholder(match[1] ?? '')) continue
      at('password_in_address', match.index - scheme.length, scheme.length + match[0].length - 1)
    }
  }
  for (const match of text.matchAll(HEADER)) {
    const [whole, value = ''] = match
    if (
      /\d/.test(value) &&
      /[A-Za-z]/.test(value) &&
      looksDrawn(value) &&
      !isPlaceholder(value) &&
      !/^eyJ/.test(value)
    ) {
      at('authorization', match.index, whole.length)
    } else if (/^basic/i.test(whole) && isUserAndPassword(value)) at('authorization', match.index, whole.length)
  }
  if (text.includes('$')) {
    for (const match of text.matchAll(PASSWORD_HASH)) {
      if (looksDrawn(match[0])) at('password_hash', match.index, match[0].length)
    }
  }
  if (/(?:Private|Preshared)Key/i.test(text)) {
    for (const match of text.matchAll(WIREGUARD)) {
      if (looksDrawn(match[1] ?? '')) at('wireguard_key', match.index, match[0].length)
    }
  }
}

function isJwt(text: string): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(text.split('.', 1)[0] ?? '', 'base64url').toString('utf8'))
    return typeof header === 'object' && header !== null && ('alg' in header || 'typ' in header || 'enc' in header)
  } catch {
    return false
  }
}

function isUserAndPassword(text: string): boolean {
  return /^[\x21-\x7e]{1,64}:[\x20-\x7e]{3,}$/.test(Buffer.from(text, 'base64').toString('latin1'))
}

/** Private keys in their binary form: PKCS #8, PKCS #1 and SEC 1 in DER, and OpenSSH's. */
export function binaryKey(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 15).equals(Buffer.from('openssh-key-v1\0'))) return 'private_key'
  if (bytes[0] !== 0x30 || bytes.length < 40) return undefined
  const lengthBytes = (bytes[1] ?? 0) & 0x80 ? (bytes[1] ?? 0) & 0x7f : 0
  const at = 2 + lengthBytes
  if (lengthBytes > 4 || bytes[at] !== 0x02 || bytes[at + 1] !== 0x01) return undefined
  const [version, next] = [bytes[at + 2], bytes[at + 3]]
  const isPkcs8 = (version === 0 || version === 1) && next === 0x30 && bytes[at + 5] === 0x06
  const isPkcs8Rsa = version === 0 && next === 0x30 && bytes.subarray(at + 4, at + 10).includes(0x06)
  const isPkcs1 = version === 0 && next === 0x02 && bytes.length > 150
  const isSec1 = version === 1 && next === 0x04
  return isPkcs8 || isPkcs8Rsa || isPkcs1 || isSec1 ? 'private_key' : undefined
}
