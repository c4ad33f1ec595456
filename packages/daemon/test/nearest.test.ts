import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../src/index.ts'

test('a slip finds the word it was meant to be', () => {
  expect(nearest('agnetSocket', ['agentSocket', 'operatorSocket'])).toBe('agentSocket')
  expect(nearest('PORT', ['port', 'host'])).toBe('port')
})

test('a swap of neighbours counts as one edit, so a short word survives it', () => {
  expect(nearest('prot', ['port'])).toBe('port')
})

test('a word that is like none of them finds none', () => {
  expect(nearest('banana', ['port', 'state'])).toBeUndefined()
  expect(didYouMean('banana', ['port'])).toBe('')
})

test('how unlike a word may be is its caller’s to say', () => {
  expect(nearest('rotz', ['roots'])).toBeUndefined()
  expect(nearest('rotz', ['roots'], 1 / 2)).toBe('roots')
  expect(nearest('banana', ['port'], 1 / 2)).toBeUndefined()
})

test('of two candidates the closer one is named', () => {
  expect(didYouMean('/v1/helth', ['/v1/tools', '/v1/health'])).toBe(' Did you mean /v1/health?')
})
