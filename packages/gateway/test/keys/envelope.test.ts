import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { open, rewrap, seal } from '../../src/keys/envelope.ts'
import { EnvelopeFault } from '../../src/keys/envelope-fault.ts'
import { Kek } from '../../src/keys/kek.ts'

const about = { purpose: 'secret', id: 'cred_0123456789', version: 3 }
const kek = new Kek(Buffer.alloc(32, 1))
const other = new Kek(Buffer.alloc(32, 2))
const plain = Buffer.from('sk-a-secret')

const reasonOf = (act: () => unknown): string => {
  try {
    act()
    return 'opened'
  } catch (error) {
    return error instanceof EnvelopeFault ? error.reason : String(error)
  }
}

it('gives back what was sealed, and seals the same value another way each time', () => {
  const one = seal(kek, plain, about)
  const two = seal(kek, plain, about)
  expect(open([other, kek], one, about)).toEqual(plain)
  expect(one.equals(two)).toBe(false)
  expect(one.includes(plain)).toBe(false)
})

it('gives back values of any length, none of which can be told by less than 256 bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (value) => {
      const sealed = seal(kek, value, about)
      expect(open([kek], sealed, about)).toEqual(Buffer.from(value))
      expect((sealed.length - seal(kek, new Uint8Array(), about).length) % 256).toBe(0)
    }),
    { numRuns: 50 },
  )
})

describe('refuses, with a reason of its own', () => {
  const sealed = seal(kek, plain, about)

  it('what is about something else: another purpose, another id, a newer version', () => {
    expect(reasonOf(() => open([kek], sealed, { ...about, purpose: 'index' }))).toBe('swapped')
    expect(reasonOf(() => open([kek], sealed, { ...about, id: 'cred_9876543210' }))).toBe('swapped')
    expect(reasonOf(() => open([kek], sealed, { ...about, version: 2 }))).toBe('swapped')
  })

  it('an older version', () =>
    expect(reasonOf(() => open([kek], sealed, { ...about, version: 4 }))).toBe('rolled_back'))

  it('another key', () => expect(reasonOf(() => open([other], sealed, about))).toBe('foreign'))

  it('every length short of the whole, and one byte more', () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(reasonOf(() => open([kek], sealed.subarray(0, length), about))).toBe('truncated')
    }
    expect(reasonOf(() => open([kek], Buffer.concat([sealed, Buffer.of(0)]), about))).toBe('corrupt')
  })

  it('another format', () => {
    expect(reasonOf(() => open([kek], Buffer.concat([Buffer.from('CSTENV02'), sealed.subarray(8)]), about))).toBe(
      'unsupported',
    )
    expect(reasonOf(() => open([kek], randomBytes(400), about))).toBe('unsupported')
  })

  it('a change of any single bit', () => {
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(reasonOf(() => open([kek], changed, about))).not.toBe('opened')
    }
  })

  it('a header that was rewritten to fit: its key, its version and its id are bound', () => {
    const elsewhere = seal(kek, Buffer.from('sk-another'), { ...about, id: 'cred_9876543210', version: 9 })
    const header = Buffer.from(sealed.subarray(0, 8 + 16 + 1 + 6 + 1 + 15 + 8))
    const forged = Buffer.concat([header, elsewhere.subarray(header.length)])
    expect(reasonOf(() => open([kek], forged, about))).toBe('corrupt')
  })
})

it('is wrapped anew without the value being encrypted again, and opens under the new key alone', () => {
  const sealed = seal(kek, plain, about)
  const moved = rewrap([kek], other, sealed, about)
  expect(open([other], moved, about)).toEqual(plain)
  expect(reasonOf(() => open([kek], moved, about))).toBe('foreign')
  expect(moved.subarray(-256)).toEqual(sealed.subarray(-256))
})

it('is not wrapped anew where it does not open', () => {
  const sealed = seal(kek, plain, about)
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
  expect(reasonOf(() => rewrap([kek], other, sealed, about))).toBe('corrupt')
})

it('shows no key where it is logged, and lends none once it is forgotten', () => {
  const key = new Kek(Buffer.alloc(32, 7))
  expect(JSON.stringify(key)).toBe(JSON.stringify({ id: key.id }))
  key.forget()
  expect(() => seal(key, plain, about)).toThrow(expect.objectContaining({ code: 'credentials_locked' }))
})
