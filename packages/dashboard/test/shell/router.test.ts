import { expect, test } from 'vitest'
import { addressOf, readRoute } from '../../src/shell/router.ts'

test.each([
  ['', 'chat', [], {}],
  ['#', 'chat', [], {}],
  ['#/', 'chat', [], {}],
  ['#/ledger', 'ledger', [], {}],
  ['#/ledger/117?tool=file_write&text=a%20b', 'ledger', ['117'], { tool: 'file_write', text: 'a b' }],
  ['#code=AAAAA-AAAAA', 'chat', [], {}],
  ['#/%E0%A4%A', '%E0%A4%A', [], {}],
])('%s leads to %s', (hash, page, path, query) => {
  expect(readRoute(hash)).toEqual({ page, path, query })
})

test('an address is read as it was made, whatever is in it', () => {
  const query = { text: 'a&b=c#d?e/ü', type: '<script>' }
  const path = ['a/b', '..', '%']
  expect(readRoute(addressOf('ledger', { path, query }))).toEqual({ page: 'ledger', path, query })
})

test('what is empty is left out of an address', () => {
  expect(addressOf('ledger', { query: { text: '', tool: undefined } })).toBe('#/ledger')
})
