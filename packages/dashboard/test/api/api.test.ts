import type { getLedgerEntry, listLedgerEntries, revokeToken } from '@castellan/contracts/api'
import { expect, test } from 'vitest'
import { Api } from '../../src/api/api.ts'

function answering(status: number, body: unknown) {
  const asked: { address: string; options: RequestInit }[] = []
  let ended = 0
  const fetcher = async (address: unknown, options: unknown) => {
    asked.push({ address: String(address), options: options as RequestInit })
    return new Response(status === 204 ? null : JSON.stringify(body), { status })
  }
  const api = new Api(fetcher as typeof fetch, () => {
    ended += 1
  })
  return { api, asked, ended: () => ended }
}

test('parameters and filters are escaped, and what is not given is left out', async () => {
  const { api, asked } = answering(200, {})
  await api.ask<typeof getLedgerEntry>('GET', '/api/v1/ledger/entries/{index}', { params: { index: '../x?y' } })
  const query = { text: 'a&b', limit: 10 }
  await api.ask<typeof listLedgerEntries>('GET', '/api/v1/ledger/entries', { query })
  expect(asked.map(({ address }) => address)).toEqual([
    '/api/v1/ledger/entries/..%2Fx%3Fy',
    '/api/v1/ledger/entries?text=a%26b&limit=10',
  ])
  expect(asked[0]?.options).toMatchObject({ credentials: 'same-origin', cache: 'no-store' })
})

test('a refusal is thrown with its code, and one of the sign-in ends it', async () => {
  const refusal = { code: 'unauthorized', message: 'Sign in again.', request_id: 'x' }
  const { api, ended } = answering(401, refusal)
  await expect(api.ask<typeof listLedgerEntries>('GET', '/api/v1/ledger/entries')).rejects.toMatchObject({
    code: 'unauthorized',
    message: 'Sign in again.',
  })
  expect(ended()).toBe(1)
})

test('nothing is read where there is nothing', async () => {
  const { api } = answering(204, null)
  const params = { token_id: 'tok_12345678' as never }
  expect(await api.ask<typeof revokeToken>('DELETE', '/api/v1/tokens/{token_id}', { params })).toBe(undefined)
})
