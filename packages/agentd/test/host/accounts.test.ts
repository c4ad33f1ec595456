import { expect, test } from 'vitest'
import { Accounts } from '../../src/host/accounts.ts'

test('everybody who asks at once gets the name, not only the first', async () => {
  const accounts = new Accounts()
  const names = await Promise.all(Array.from({ length: 20 }, () => accounts.user(0)))
  expect(new Set(names)).toEqual(new Set(['root']))
})

test('an id without a name stays a number', async () => {
  expect(await new Accounts().user(4_000_000_000)).toBe('4000000000')
})
