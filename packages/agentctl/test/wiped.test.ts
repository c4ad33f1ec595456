import { expect, test } from 'vitest'
import { loadedFrom } from '../src/emergency/systemd.ts'
import { verdictOf } from '../src/emergency/wipe-all.ts'

test('a wipe tells of the owner’s token that lies in a file of their own', () => {
  const owners = loadedFrom('owner-token:/run/keys/owner\n')
  expect(owners).toEqual(['/run/keys/owner'])
  const wiped = { gone: ['token', 'ledger'], left: [] }
  expect(verdictOf(wiped, owners)).toMatch(
    /^Wiped: token, ledger\. .* \/run\/keys\/owner, which was not wiped: put another/,
  )
  expect(verdictOf(wiped, [])).not.toContain('not wiped')
  const left = { gone: [], left: [{ path: 'ledger', why: 'EROFS' }] }
  expect(() => verdictOf(left, owners)).toThrow(/Not wiped: ledger \(EROFS\).*\/run\/keys\/owner/)
})

test.each([
  ['nothing', '', []],
  ['a credential without a file, which its name is looked up by', 'castellan-gateway-kek', []],
  ['several', 'a:/run/a b:/run/b:c', ['/run/a', '/run/b:c']],
])('of what systemd shows, %s is read', (_, text, files) => {
  expect(loadedFrom(text)).toEqual(files)
})
