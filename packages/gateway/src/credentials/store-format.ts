import { createHash } from 'node:crypto'
import { z } from 'zod'
import { open, type Random, seal } from '../keys/envelope.ts'
import { readEnvelope } from '../keys/envelope-bytes.ts'
import { EnvelopeFault } from '../keys/envelope-fault.ts'
import type { Kek } from '../keys/kek.ts'
import { Catalogue } from './catalogue.ts'
import { StoreFault } from './store-fault.ts'

const MAGIC = 'castellan-credential-store'
const VERSION = '1'
/** 64 secrets of 4,096 bytes and their index, in base64, with room to spare. */
export const MAX_STORE_BYTES = 1024 * 1024

/** The store at one moment. Secrets are in their envelopes. */
export interface StoreState {
  /** 16 random bytes in hex, chosen when the store was made. */
  readonly store: string
  /** Goes up by one with every change, from 1. */
  readonly generation: number
  /** Id of the key-encryption key that the index is under. */
  readonly key: string
  readonly catalogue: Catalogue
  readonly secrets: ReadonlyMap<string, Buffer>
}

const Body = z.strictObject({
  store: z.string().regex(/^[0-9a-f]{32}$/),
  generation: z.int().min(1),
  key: z.string().regex(/^[0-9a-f]{32}$/),
  index: z.base64(),
  secrets: z.record(z.string(), z.base64()),
})

/** The bytes of the store's file: a line that says what follows and how long it is, then JSON. See docs/credential-store.md. */
export function encodeStore(kek: Kek, state: Omit<StoreState, 'key'>, random?: Random): Buffer {
  const { store, generation, catalogue, secrets } = state
  const index = seal(kek, Buffer.from(JSON.stringify(catalogue)), aboutIndex(store, generation), random)
  const body: z.input<typeof Body> = {
    store,
    generation,
    key: kek.id,
    index: index.toString('base64'),
    secrets: Object.fromEntries([...secrets].map(([id, envelope]) => [id, envelope.toString('base64')])),
  }
  const text = textOf(body)
  return Buffer.concat([Buffer.from(`${MAGIC} ${VERSION} ${text.length}\n`), text])
}

/**
 * Reads the store's file. Everything in it has to be whole, of this store, under a key at hand and in its place, or nothing of it is
 * given: throws {@link StoreFault}.
 */
export function decodeStore(keks: readonly Kek[], bytes: Buffer): StoreState {
  const { store, generation, key, index, secrets: encoded } = readBody(bytes)
  if (!keks.some(({ id }) => id === key)) throw new StoreFault('foreign')
  const catalogue = readCatalogue(keks, fromBase64(index), aboutIndex(store, generation))
  const secrets = new Map(Object.entries(encoded).map(([id, text]) => [id, fromBase64(text)]))

  const wanted = catalogue.credentials.filter((entry) => entry.envelope !== null)
  if (wanted.length !== secrets.size) throw new StoreFault('corrupt')
  for (const entry of wanted) {
    const envelope = secrets.get(entry.id)
    if (envelope === undefined) throw new StoreFault('corrupt')
    // Opened here and now, so that a store which loads is one whose every secret can be used.
    withReason(() => open(keks, envelope, aboutSecret(entry.id, entry.version)).fill(0))
    if (digestOf(envelope) !== entry.envelope) throw new StoreFault('swapped')
  }
  return { store, generation, key, catalogue, secrets }
}

/** Whether nothing in the store needs any key but this one. */
export function isWhollyUnder({ key, secrets }: StoreState, kek: Kek): boolean {
  return key === kek.id && [...secrets.values()].every((envelope) => readEnvelope(envelope).header.keyId === kek.id)
}

/** What a secret's envelope is about. */
export function aboutSecret(id: string, version: number) {
  return { purpose: 'secret', id, version }
}

function aboutIndex(store: string, generation: number) {
  return { purpose: 'index', id: store, version: generation }
}

export function digestOf(envelope: Uint8Array): string {
  return createHash('sha256').update(envelope).digest('hex')
}

function readBody(bytes: Buffer): z.output<typeof Body> {
  const end = bytes.subarray(0, 64).indexOf('\n')
  const line = bytes.subarray(0, end === -1 ? 64 : end).toString('latin1')
  const [magic, version, length, ...rest] = line.split(' ')
  if (magic !== MAGIC) throw new StoreFault(MAGIC.startsWith(line) ? 'truncated' : 'unsupported')
  if (end === -1) throw new StoreFault(bytes.length < 64 ? 'truncated' : 'corrupt')
  if (version !== VERSION) throw new StoreFault('unsupported')
  if (length === undefined || !/^[1-9]\d{0,6}$/.test(length) || rest.length > 0) throw new StoreFault('corrupt')
  const body = bytes.subarray(end + 1)
  if (body.length < Number(length)) throw new StoreFault('truncated')
  if (body.length > Number(length)) throw new StoreFault('corrupt')
  const read = Body.safeParse(asJson(body.toString('utf8')))
  // One state has one form: nothing may be said in a second way that means the same.
  if (!read.success || !textOf(read.data).equals(body)) throw new StoreFault('corrupt')
  return read.data
}

function textOf(body: z.input<typeof Body>): Buffer {
  return Buffer.from(`${JSON.stringify(body)}\n`)
}

function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new StoreFault('corrupt')
  return bytes
}

function readCatalogue(keks: readonly Kek[], envelope: Buffer, about: ReturnType<typeof aboutIndex>): Catalogue {
  const plain = withReason(() => open(keks, envelope, about))
  const read = Catalogue.safeParse(asJson(plain.toString('utf8')))
  plain.fill(0)
  if (!read.success) throw new StoreFault('corrupt')
  return read.data
}

function withReason<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof EnvelopeFault ? new StoreFault(error.reason) : error
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
