import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StoreFault } from '../../src/credentials/store-fault.ts'
import { decodeStore } from '../../src/credentials/store-format.ts'
import { draft, OTHER_SECRET, testCredentials } from './support/store.ts'

async function file() {
  const { credentials, storeFile, keys } = await testCredentials()
  await credentials.create(draft())
  await credentials.create(draft({ label: 'two', secret: OTHER_SECRET }))
  return { bytes: readFileSync(storeFile), keks: keys.keks }
}

const reasonOf = (act: () => unknown): string => {
  try {
    act()
    return 'loaded'
  } catch (error) {
    return error instanceof StoreFault ? error.reason : String(error)
  }
}

it('does not load with any single bit changed, at any place', async () => {
  const { bytes, keks } = await file()
  expect(reasonOf(() => decodeStore(keks, bytes))).toBe('loaded')
  const reasons = new Set<string>()
  for (let place = 0; place < bytes.length; place += 1) {
    for (const bit of [1, 4, 32]) {
      const changed = Buffer.from(bytes)
      changed[place] = (changed[place] ?? 0) ^ bit
      reasons.add(reasonOf(() => decodeStore(keks, changed)))
    }
  }
  const known = ['corrupt', 'foreign', 'rolled_back', 'swapped', 'truncated', 'unsupported']
  expect(known).toEqual(expect.arrayContaining([...reasons]))
})

it('does not load with anything cut out, put in or said twice', async () => {
  const { bytes, keks } = await file()
  const piece = fc.tuple(fc.nat(bytes.length - 1), fc.nat(400), fc.uint8Array({ maxLength: 40 }))
  fc.assert(
    fc.property(piece, ([at, length, inserted]) => {
      const changed = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + length)])
      fc.pre(!changed.equals(bytes))
      const reason = reasonOf(() => decodeStore(keks, changed))
      expect(reason).toMatch(/^(corrupt|foreign|rolled_back|swapped|truncated|unsupported)$/)
    }),
    { numRuns: 500 },
  )
})

it('does not load where the same is written in another way', async () => {
  const { bytes, keks } = await file()
  const [line = '', body = ''] = bytes.toString().split('\n')
  const written = (text: string) => Buffer.from(`${line.replace(/\d+$/, String(Buffer.byteLength(text)))}\n${text}`)
  expect(reasonOf(() => decodeStore(keks, written(`${body}\n`)))).toBe('loaded')
  for (const text of [
    `${body} \n`,
    `${body.replace('{"store"', '{ "store"')}\n`,
    `${body.replace('{"store"', '{"generation":1,"store"')}\n`,
    `${body.replace(/"index":"./, (same) => `${same.slice(0, -1)}\\u00${same.charCodeAt(same.length - 1).toString(16)}`)}\n`,
    body,
  ]) {
    expect([text.slice(0, 40), reasonOf(() => decodeStore(keks, written(text)))]).toEqual([
      text.slice(0, 40),
      'corrupt',
    ])
  }
})
