import { statSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sealer } from '../src/seal.ts'

test('what was sealed opens with the same key only, for as long as it was said', () => {
  const [mine, other] = [Sealer.fresh(), Sealer.fresh()]
  const sealed = mine.seal({ call: 1 }, 60_000)
  expect(mine.open(sealed)).toEqual({ call: 1 })
  expect(other.open(sealed)).toBeUndefined()
  expect(mine.open(mine.seal({ call: 1 }, 0))).toBeUndefined()
  expect(sealed).not.toContain('call')
})

test('no change of any character goes unseen', () => {
  const sealer = Sealer.fresh()
  const sealed = sealer.seal({ call: 'call_0123456789' }, 60_000)
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'ABCXYZabcxyz0189-_=+/ .'), (at, character) => {
      const changed = sealed.slice(0, at) + character + sealed.slice(at + 1)
      expect(sealer.open(changed)).toEqual(changed === sealed ? { call: 'call_0123456789' } : undefined)
    }),
  )
})

test('anything else is not opened and never throws', () => {
  const sealer = Sealer.fresh()
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => sealer.open(text) === undefined))
})

test('a key in a file is made once, is private, and outlives the sealer; two who start at once agree on it', async () => {
  const path = join(temporaryFolder(), 'gateway', 'mcp.key')
  const sealers = await Promise.all(Array.from({ length: 5 }, () => Sealer.open(path)))
  const sealed = (sealers[0] as Sealer).seal('value', 60_000)
  for (const sealer of [...sealers, await Sealer.open(path)]) {
    expect(sealer.open(sealed)).toBe('value')
    expect(sealer.sessionOf('owner')).toBe((sealers[0] as Sealer).sessionOf('owner'))
  }
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a session belongs to its credential', () => {
  const sealer = Sealer.fresh()
  expect(sealer.sessionOf('owner')).not.toBe(sealer.sessionOf('other'))
  expect(Sealer.fresh().sessionOf('owner')).not.toBe(sealer.sessionOf('owner'))
})
