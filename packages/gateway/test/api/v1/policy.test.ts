import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { PolicyTrial } from '@castellan/contracts'
import { OperatorKey, type PolicyView, policyStatement } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import { startAgentd } from '../../support/real-agentd.ts'

const file = 'mine.cedar'
const text = '@id("no-memory") forbid (principal is Agent, action == Action::"memory_usage", resource);\n'
const sha256 = (of: string) => createHash('sha256').update(of).digest('hex')

test('policy is read, explained, tried and changed through the gateway, which can make no word of its own', async () => {
  const gateway = await startGateway({ agentd: false })
  const { operator } = await startAgentd(gateway.folder)
  const as = (token: string) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    return {
      get: (path: string) => gateway.ask(path, { headers }),
      post: (path: string, body: unknown) => gateway.ask(path, { method: 'POST', headers, body: JSON.stringify(body) }),
    }
  }
  const { get, post } = as(gateway.token)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const public_key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
  const key = await operator.request('POST', '/v1/operators', {
    body: { name: 'laptop', public_key },
    schema: OperatorKey,
  })

  const view = (await get('/api/v1/policy')).json as unknown as PolicyView
  expect(view).toMatchObject({ state: 'ok', files: [], saving: { possible: true } })
  const explained = await post('/api/v1/policy/explain', { tool: 'memory_usage' })
  expect(explained.json).toMatchObject({ decision: 'allow', rule: 'agents-read' })
  expect((await post('/api/v1/policy/explain', { tool: 'no_such' })).json.code).toBe('unknown_tool')
  expect((await post('/api/v1/calls', { tool: 'memory_usage', wait: 20 })).json).toMatchObject({ state: 'done' })

  const trial = (await post('/api/v1/policy/trial', { file, text })).json as unknown as PolicyTrial
  expect(trial).toMatchObject({ ok: true, calls: null, rules: { added: ['no-memory'] } })
  const word = (about: Pick<Parameters<typeof policyStatement>[0], 'act' | 'before' | 'after' | 'becomes'>) => {
    const named = { policy: view.digest, loaded: view.loaded_entry ?? -1, at: new Date().toISOString() }
    const signature = sign(null, Buffer.from(policyStatement({ about: file, ...about, ...named })), privateKey)
    return { ...named, key_id: key.key_id, signature: signature.toString('base64') }
  }
  const after = sha256(text)
  const tried = await post('/api/v1/policy/trial', { file, text, word: word({ act: 'try', after }) })
  expect(tried.json).toMatchObject({ calls: { asked: 1, changed: 1, differences: [{ tool: 'memory_usage' }] } })

  const change = { file, text, before: null, becomes: trial.becomes ?? '' }
  const signed = { ...change, word: word({ act: 'save', before: null, after, becomes: change.becomes }) }
  const { signature: _, ...unsigned } = signed.word
  expect((await post('/api/v1/policy/change', { ...signed, word: unsigned })).json.code).toBe('signature_invalid')
  expect((await post('/api/v1/policy/change', { ...signed, text: `${text}\n` })).json.code).toBe('signature_invalid')
  const large = await post('/api/v1/policy/trial', { file, text: 'x'.repeat(2 * 1024 * 1024) })
  expect([large.status, large.json.code]).toEqual([413, 'body_too_large'])

  // A program's token is asked for its scope first, and then for the signature like anybody's.
  const tokens = await Promise.all(
    (['read', 'operate'] as const).map(async (scope) => {
      const made = await post('/api/v1/tokens', { name: scope, scopes: [scope] })
      return as(String(made.json.token ?? made.json.secret))
    }),
  )
  const [reader, worker] = tokens
  expect((await reader?.get('/api/v1/policy'))?.json.code).toBe('forbidden')
  expect((await worker?.get('/api/v1/policy'))?.status).toBe(200)
  expect((await worker?.post('/api/v1/policy/change', signed))?.json.code).toBe('forbidden')

  const changed = await post('/api/v1/policy/change', signed)
  expect(changed.json).toMatchObject({ files: [{ name: file, text, sha256: after }] })
  expect((await post('/api/v1/policy/change', signed)).json.code).toBe('conflict')
  expect((await post('/api/v1/calls', { tool: 'memory_usage' })).json.code).toBe('policy_denied')
  const revocation = { rule: 'no-memory', word: signed.word }
  expect((await post('/api/v1/policy/revocation', revocation)).json.code).toBe('conflict')
  expect((await get(`/api/v1/policy/versions?file=${file}`)).json).toEqual({ file, versions: [] })
  expect((await get('/api/v1/policy/versions?file=..%2Fx.cedar')).json.code).toBe('invalid_request')
})
