import { normalSignInCode } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalCode, takeCode } from '../../src/session/code.ts'

function addressBar(hash: string) {
  const shown: string[] = []
  const history = {
    replaceState: (_data: unknown, _unused: string, url?: string | URL | null) => void shown.push(String(url)),
  }
  return { shown, bar: { location: { hash, pathname: '/', search: '' }, history } }
}

test('the code is taken out of the address', () => {
  const { shown, bar } = addressBar('#code=AAAAA-BBBBB')
  expect(takeCode(bar)).toEqual({ code: 'AAAAA-BBBBB', choose: false })
  expect(shown).toEqual(['/'])
})

test('an invitation lets its owner choose what to sign with', () => {
  expect(takeCode(addressBar('#code=AAAAA-BBBBB&choose').bar)).toEqual({ code: 'AAAAA-BBBBB', choose: true })
})

test('an empty code is taken out as well, and counts for nothing', () => {
  const { shown, bar } = addressBar('#code=')
  expect(takeCode(bar)).toBeNull()
  expect(shown).toEqual(['/'])
})

test('other addresses stay as they are', () => {
  const { shown, bar } = addressBar('#elsewhere')
  expect(takeCode(bar)).toBeNull()
  expect(shown).toEqual([])
})

test('codes are read as the contracts read them', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (typed) => normalCode(typed) === normalSignInCode(typed)))
  expect(normalCode(' o1il-abc de ')).toBe('0111ABCDE')
})
