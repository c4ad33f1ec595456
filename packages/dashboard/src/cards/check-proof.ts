import { utf8 } from '../session/bytes.ts'

/** Why a proof proves nothing. */
export type ProofFault = 'form' | 'key' | 'signature' | 'root' | 'unsupported'

export class ProofError extends Error {
  readonly fault: ProofFault

  constructor(fault: ProofFault) {
    super(fault)
    this.name = 'ProofError'
    this.fault = fault
  }
}

export interface Proven {
  readonly index: number
  readonly size: number
  readonly hashes: number
  /** The log's key that signed, by its id: 8 hex digits. */
  readonly keyId: string
  /** The entry that is proven, as JSON. */
  readonly entry: Readonly<Record<string, unknown>>
}

/** First line of C2SP tlog-proof. */
const MAGIC = 'c2sp.org/tlog-proof@v1'
const ED25519 = 1

/**
 * Checks, with nothing but the log's key, that an entry is in the signed tree: C2SP tlog-proof and signed-note, RFC 6962 hashes and
 * the climb of RFC 9162, section 2.1.3.2. Throws {@link ProofError}.
 */
export async function checkProof(text: string, vkey: string): Promise<Proven> {
  const { index, hashes, leaf, checkpoint } = parse(text)
  const head = await signedHead(checkpoint, vkey)
  const root = await climb(await hash(0, leaf), index, head.size, hashes)
  if (root === null || !same(root, head.root)) throw new ProofError('root')
  const entry = readEntry(leaf)
  if (entry.index !== index) throw new ProofError('root')
  return { index, size: head.size, hashes: hashes.length, keyId: head.keyId, entry }
}

function parse(text: string) {
  const split = text.indexOf('\n\n')
  const [magic, extra = '', position = '', ...lines] = text.slice(0, Math.max(0, split)).split('\n')
  const index = Number(/^index (0|[1-9]\d{0,15})$/.exec(position)?.[1] ?? Number.NaN)
  if (magic !== MAGIC || !extra.startsWith('extra ') || !Number.isSafeInteger(index)) throw new ProofError('form')
  const hashes = lines.map(fromBase64)
  if (hashes.length > 64 || hashes.some(({ length }) => length !== 32)) throw new ProofError('form')
  return { index, hashes, leaf: fromBase64(extra.slice('extra '.length)), checkpoint: text.slice(split + 2) }
}

/** What the checkpoint says, once one of its signatures is found to be the key's over exactly that. */
async function signedHead(checkpoint: string, vkey: string) {
  const split = checkpoint.lastIndexOf('\n\n')
  if (split < 0) throw new ProofError('form')
  const body = checkpoint.slice(0, split + 1)
  const [origin = '', size = '', root = ''] = body.split('\n')
  if (!/^(0|[1-9]\d{0,15})$/.test(size)) throw new ProofError('form')
  const key = await readKey(vkey)
  if (key.name !== origin) throw new ProofError('key')
  const signatures = checkpoint
    .slice(split + 2)
    .split('\n')
    .map((line) => /^\u2014 (\S+) (\S+)$/.exec(line))
    .filter((found) => found !== null && found[1] === key.name)
    .map((found) => fromBase64(found?.[2] ?? ''))
    .filter((bytes) => hex(bytes.subarray(0, 4)) === key.id)
  if (signatures.length === 0) throw new ProofError('key')
  for (const bytes of signatures) {
    const holds = await crypto.subtle.verify('Ed25519', key.key, bytes.slice(4), utf8(body))
    if (!holds) throw new ProofError('signature')
  }
  return { size: Number(size), root: fromBase64(root), keyId: key.id }
}

/** C2SP vkey: `name+id+base64(type || key)`; the id is the beginning of SHA-256(name || "\n" || type || key). */
async function readKey(vkey: string) {
  const [name = '', id = '', ...rest] = vkey.split('+')
  const bytes = fromBase64(rest.join('+'))
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw new ProofError('form')
  const digest = await crypto.subtle.digest('SHA-256', joined(utf8(`${name}\n`), bytes))
  if (hex(new Uint8Array(digest).subarray(0, 4)) !== id) throw new ProofError('form')
  try {
    return { name, id, key: await crypto.subtle.importKey('raw', bytes.slice(1), 'Ed25519', false, ['verify']) }
  } catch {
    throw new ProofError('unsupported')
  }
}

/** The root that this leaf and these siblings lead to; null where the path is not as long as the tree is high. */
async function climb(
  leaf: Uint8Array<ArrayBuffer>,
  index: number,
  size: number,
  hashes: readonly Uint8Array<ArrayBuffer>[],
) {
  if (index >= size) return null
  let [at, last, node] = [index, size - 1, leaf]
  const up = () => {
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  for (const sibling of hashes) {
    if (last === 0) return null
    if (at % 2 === 1 || at === last) {
      node = await hash(1, sibling, node)
      while (at % 2 === 0 && at !== 0) up()
    } else {
      node = await hash(1, node, sibling)
    }
    up()
  }
  return last === 0 ? node : null
}

function readEntry(leaf: Uint8Array<ArrayBuffer>): Readonly<Record<string, unknown>> {
  try {
    const entry: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(leaf))
    if (typeof entry === 'object' && entry !== null) return entry as Readonly<Record<string, unknown>>
  } catch {
    // Said below.
  }
  throw new ProofError('form')
}

async function hash(prefix: 0 | 1, ...parts: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(new Uint8Array([prefix]), ...parts)))
}

function joined(...parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const part of parts) {
    whole.set(part, end)
    end += part.length
  }
  return whole
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    throw new ProofError('form')
  }
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, position) => byte === other[position])
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
