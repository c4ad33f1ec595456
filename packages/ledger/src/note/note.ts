import { LedgerError } from '../error.ts'
import { decodeBase64 } from './base64.ts'
import { isKeyName, NOTE_ED25519, type Signer, type Verifier, verifyEd25519 } from './keys.ts'

/** Longest note read, in bytes; far above 16 signatures, which every verifier has to accept. */
export const MAX_NOTE_BYTES = 256 * 1024

export interface NoteSignature {
  readonly name: string
  /** Key id, 8 hex digits. */
  readonly keyId: string
  /** What follows the key id: for Ed25519 64 bytes, for a cosignature a timestamp and 64 bytes. */
  readonly bytes: Buffer
}

/** A C2SP signed note: text ending in a newline, an empty line, signature lines. */
export interface Note {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** Takes a note apart. Every byte counts: anything the format does not allow is refused. */
export function parseNote(source: string | Uint8Array): Note {
  const refuse = (why: string) => new LedgerError('proof_invalid', `Not a signed note: ${why}.`)
  const bytes = typeof source === 'string' ? Buffer.from(source) : source
  if (bytes.length > MAX_NOTE_BYTES) throw refuse('it is too long')
  const whole = Buffer.from(bytes).toString('utf8')
  if (!Buffer.from(whole).equals(bytes)) throw refuse('it is not UTF-8')
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw refuse('it holds a control character')
  const split = whole.lastIndexOf('\n\n')
  if (split < 0 || !whole.endsWith('\n')) throw refuse('it needs an empty line before its signatures')
  const lines = whole.slice(split + 2).split('\n')
  lines.pop()
  if (lines.length === 0) throw refuse('it has no signature')
  return {
    text: whole.slice(0, split + 1),
    signatures: lines.map((line) => parseSignatureLine(line) ?? raise(refuse('a signature line is malformed'))),
  }
}

/** `— name base64(key id || signature)`, without its newline; null where it is not of this form. */
export function parseSignatureLine(line: string): NoteSignature | null {
  const parts = line.split(' ')
  const [dash, name, encoded] = parts
  if (parts.length !== 3 || dash !== '\u2014' || name === undefined || encoded === undefined || !isKeyName(name))
    return null
  const bytes = decodeBase64(encoded)
  if (bytes === null || bytes.length < 5) return null
  return { name, keyId: bytes.toString('hex', 0, 4), bytes: bytes.subarray(4) }
}

export function formatSignatureLine(name: string, keyId: string, signature: Uint8Array): string {
  return `\u2014 ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}\n`
}

/** Signs `text`, which ends in a newline, with each signer in turn. */
export function signNote(text: string, ...signers: readonly Signer[]): string {
  const message = Buffer.from(text)
  const lines = signers.map(({ verifier, sign }) => formatSignatureLine(verifier.name, verifier.keyId, sign(message)))
  return `${text}\n${lines.join('')}`
}

/**
 * The verifiers among `known` whose signature the note carries. A signature that claims a known key and does not
 * verify spoils the whole note (`proof_invalid`), as C2SP signed-note says.
 */
export function verifiedBy(note: Note, known: readonly Verifier[]): Verifier[] {
  const message = Buffer.from(note.text)
  const verified: Verifier[] = []
  for (const signature of note.signatures) {
    const verifier = known.find(
      (key) => key.type === NOTE_ED25519 && key.name === signature.name && key.keyId === signature.keyId,
    )
    if (verifier === undefined) continue
    if (!verifyEd25519(verifier, message, signature.bytes)) {
      throw new LedgerError('proof_invalid', `The signature of ${signature.name} on this note is not valid.`)
    }
    if (!verified.includes(verifier)) verified.push(verifier)
  }
  return verified
}

function raise(error: Error): never {
  throw error
}
