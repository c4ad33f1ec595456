import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CredentialId } from '@castellan/contracts'
import { expect, it } from 'vitest'
import { aboutSecret, decodeStore, digestOf, encodeStore, type StoreState } from '../../src/credentials/store-format.ts'
import { open, rewrap, seal } from '../../src/keys/envelope.ts'
import type { EnvelopeFault } from '../../src/keys/envelope-fault.ts'
import { Kek } from '../../src/keys/kek.ts'

const PAGE = fileURLToPath(new URL('../../../../docs/credential-store.md', import.meta.url))
const BLOCK = /<!-- vectors -->\n(?:```json\n([\s\S]*?)```\n)?<!-- \/vectors -->/

const KEYS = { one: Buffer.alloc(32, 0x11), two: Buffer.alloc(32, 0x22) }
const ID = CredentialId.parse('cred_testvector0001')
const ABOUT = { purpose: 'secret', id: ID, version: 3 }
const SECRET = 'sk-ant-api03-test-vector'

const counting = () => {
  let k = 0
  return (bytes: number) => {
    k += 1
    return Buffer.alloc(bytes, k)
  }
}

/** The vectors as this version makes them. */
function make() {
  const one = new Kek(Buffer.from(KEYS.one))
  const two = new Kek(Buffer.from(KEYS.two))
  const secret = seal(one, Buffer.from(SECRET), ABOUT, counting())
  const state: StoreState = {
    store: '0123456789abcdef0123456789abcdef',
    generation: 4,
    key: one.id,
    catalogue: {
      credentials: [
        {
          id: ID,
          provider: 'anthropic',
          auth: 'api_key',
          label: 'test vector',
          base_url: null,
          version: 3,
          preview: 'ctor',
          created_at: '2026-11-21T10:00:00.000Z',
          rotated_at: '2026-11-21T11:00:00.000Z',
          revoked_at: null,
          envelope: digestOf(secret),
        },
      ],
      phrase_shown: null,
      event: {
        type: 'credential_rotated',
        credential: ID,
        provider: 'anthropic',
        version: 3,
        store: '0123456789abcdef0123456789abcdef',
        generation: 4,
        event: 'AAAAAAAAAAAAAAAA',
      },
    },
    secrets: new Map([[ID, secret]]),
  }
  const changed = Buffer.from(secret)
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  return {
    kek: { hex: KEYS.one.toString('hex'), id: one.id },
    next_kek: { hex: KEYS.two.toString('hex'), id: two.id },
    secret: { ...ABOUT, plain: SECRET, envelope: secret.toString('base64') },
    rewrapped: rewrap([one], two, secret, ABOUT, counting()).toString('base64'),
    refused: {
      truncated: secret.subarray(0, -1).toString('base64'),
      corrupt: changed.toString('base64'),
      swapped: seal(one, Buffer.from(SECRET), { ...ABOUT, id: 'cred_testvector0002' }, counting()).toString('base64'),
      rolled_back: seal(one, Buffer.from(SECRET), { ...ABOUT, version: 2 }, counting()).toString('base64'),
      foreign: seal(two, Buffer.from(SECRET), ABOUT, counting()).toString('base64'),
      unsupported: Buffer.concat([Buffer.from('CSTENV02'), secret.subarray(8)]).toString('base64'),
    },
    store: encodeStore(one, state, counting()).toString('latin1'),
  }
}

function published(): ReturnType<typeof make> {
  const [, json] = BLOCK.exec(readFileSync(PAGE, 'utf8')) ?? []
  return JSON.parse(json ?? 'null')
}

// ---- A reader of its own: docs/credential-store.md and node:crypto, nothing of ours. ----

function readEnvelope(kek: Buffer, bytes: Buffer) {
  let at = 0
  const take = (length: number) => {
    at += length
    expect(at).toBeLessThanOrEqual(bytes.length)
    return bytes.subarray(at - length, at)
  }
  expect(take(8).toString()).toBe('CSTENV01')
  const keyId = take(16)
  const purpose = take(take(1)[0] as number).toString()
  const id = take(take(1)[0] as number).toString()
  const version = Number(take(8).readBigUInt64BE())
  const header = Buffer.from(bytes.subarray(0, at))
  const unbound = Buffer.from(header)
  unbound.fill(0, 8, 24)
  expect(createHmac('sha256', kek).update('castellan kek id v1').digest().subarray(0, 16)).toEqual(keyId)

  const openPart = (key: Buffer, context: Buffer) => {
    const [salt, commitment, nonce] = [take(32), take(32), take(12)]
    const ciphertext = take(take(4).readUInt32BE())
    const tag = take(16)
    const derived = Buffer.from(hkdfSync('sha256', key, salt, context, 64))
    expect(derived.subarray(32)).toEqual(commitment)
    const decipher = createDecipheriv('aes-256-gcm', derived.subarray(0, 32), nonce)
    decipher.setAAD(context)
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  }
  const dataKey = openPart(kek, Buffer.concat([Buffer.from('castellan envelope v1 wrap\0'), header]))
  const padded = openPart(dataKey, Buffer.concat([Buffer.from('castellan envelope v1 data\0'), unbound]))
  expect([at, padded.length % 256]).toEqual([bytes.length, 0])
  return { purpose, id, version, plain: padded.subarray(4, 4 + padded.readUInt32BE()).toString() }
}

function readStore(kek: Buffer, text: string) {
  const [line = '', body = ''] = text.split('\n')
  expect(line).toBe(`castellan-credential-store 1 ${body.length + 1}`)
  const { store, generation, index, secrets } = JSON.parse(body)
  const opened = readEnvelope(kek, Buffer.from(index, 'base64'))
  expect([opened.purpose, opened.id, opened.version]).toEqual(['index', store, generation])
  const { credentials } = JSON.parse(opened.plain) as {
    credentials: { id: string; version: number; envelope: string }[]
  }
  return credentials.map(({ id, version, envelope }) => {
    const bytes = Buffer.from(secrets[id], 'base64')
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(envelope)
    const secret = readEnvelope(kek, bytes)
    expect([secret.purpose, secret.id, secret.version]).toEqual(['secret', id, version])
    return [id, secret.plain]
  })
}

it('makes the published vectors again byte by byte (CASTELLAN_UPDATE_VECTORS=1 writes them down)', () => {
  const vectors = make()
  if (process.env.CASTELLAN_UPDATE_VECTORS === '1') {
    const block = `<!-- vectors -->\n\`\`\`json\n${JSON.stringify(vectors, null, 2)}\n\`\`\`\n<!-- /vectors -->`
    writeFileSync(
      PAGE,
      readFileSync(PAGE, 'utf8').replace(BLOCK, () => block),
    )
  }
  expect(published()).toEqual(vectors)
})

it('a reader that knows the page alone opens them', () => {
  const { kek, next_kek, secret, rewrapped, store } = published()
  const { plain, purpose, id, version } = secret
  const want = { plain, purpose, id, version }
  expect(readEnvelope(Buffer.from(kek.hex, 'hex'), Buffer.from(secret.envelope, 'base64'))).toEqual(want)
  expect(readEnvelope(Buffer.from(next_kek.hex, 'hex'), Buffer.from(rewrapped, 'base64'))).toEqual(want)
  expect(readStore(Buffer.from(kek.hex, 'hex'), store)).toEqual([[id, plain]])
})

it('the gateway opens them, and refuses each of the others for its own reason', () => {
  const { kek, secret, refused, store } = published()
  const keks = [new Kek(Buffer.from(kek.hex, 'hex'))]
  expect(open(keks, Buffer.from(secret.envelope, 'base64'), ABOUT).toString()).toBe(secret.plain)
  const state = decodeStore(keks, Buffer.from(store, 'latin1'))
  expect(open(keks, state.secrets.get(ID) as Buffer, aboutSecret(ID, 3)).toString()).toBe(secret.plain)
  const reasons = Object.entries(refused).map(([reason, text]) => {
    try {
      open(keks, Buffer.from(text, 'base64'), ABOUT)
      return [reason, 'opened']
    } catch (error) {
      return [reason, (error as EnvelopeFault).reason]
    }
  })
  expect(reasons).toEqual(Object.keys(refused).map((reason) => [reason, reason]))
  expect(reasons).toHaveLength(6)
})
