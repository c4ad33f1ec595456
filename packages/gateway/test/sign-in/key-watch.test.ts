import { OperatorKeyId } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { KeyWatch } from '../../src/sign-in/key-watch.ts'

const log = createLogger({ name: 'gateway', level: 'error' })
const [kept, revoked] = ['opk_0aYt3Q2hB9mWkqzP', 'opk_1bYt3Q2hB9mWkqzP'].map((id) => OperatorKeyId.parse(id)) as [
  OperatorKeyId,
  OperatorKeyId,
]

function watching(operatorKeys: () => Promise<{ operators: { key_id: OperatorKeyId }[] }>) {
  const held = new Set([kept, revoked])
  const ended: OperatorKeyId[] = []
  const pageSessions = {
    keys: () => new Set(held),
    endOfKey: async (key: OperatorKeyId) => {
      held.delete(key)
      ended.push(key)
    },
  }
  const agentd = { operatorKeys } as unknown as ConstructorParameters<typeof KeyWatch>[0]['agentd']
  return { watch: new KeyWatch({ agentd, pageSessions, log }), ended, held }
}

test('a browser whose key was revoked on the host is signed out by itself', async () => {
  const { watch, ended } = watching(async () => ({ operators: [{ key_id: kept }] }))
  watch.start(5)
  await until('it is signed out', () => ended.length > 0)
  watch.close()
  expect(ended).toEqual([revoked])
})

test('nobody is signed out by an agentd that cannot be asked, nor who signs in while it is asked', async () => {
  const away = watching(() => Promise.reject(new Error('away')))
  away.watch.start(5)
  await expect(away.watch.look()).rejects.toThrow('away')
  away.watch.close()
  expect(away.ended).toEqual([])

  const late = OperatorKeyId.parse('opk_2cYt3Q2hB9mWkqzP')
  const busy = watching(async () => {
    busy.held.add(late)
    return { operators: [{ key_id: kept }, { key_id: revoked }] }
  })
  await busy.watch.look()
  expect(busy.ended).toEqual([])
})
