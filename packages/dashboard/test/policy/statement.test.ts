import { policyStatement as agreed } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { save, tryOut } from '../../src/policy/changing.ts'
import { policyStatement } from '../../src/policy/statement.ts'
import { sha256Hex } from '../../src/session/bytes.ts'

test('what this page signs is what agentd checks, to the byte', () => {
  const digest = fc.option(fc.stringMatching(/^[0-9a-f]{64}$/), { nil: null })
  const word = fc.record({
    act: fc.constantFrom('try' as const, 'save' as const, 'revoke' as const),
    about: fc.string(),
    policy: fc.string(),
    loaded: fc.nat(),
    before: digest,
    after: digest,
    becomes: fc.stringMatching(/^[0-9a-f]{64}$/),
    at: fc.string(),
  })
  fc.assert(fc.property(word, (said) => void expect(policyStatement(said)).toBe(agreed(said))))
  const {
    before: _,
    becomes: __,
    ...bare
  } = { act: 'try' as const, about: 'a', policy: 'b', loaded: 1, at: 'c', before: null, becomes: '' }
  expect(policyStatement(bare)).toBe(agreed(bare))
})

const view = {
  digest: 'd'.repeat(64),
  loaded_entry: 7,
  files: [{ name: 'mine.cedar', text: 'old', sha256: 'b'.repeat(64) }],
}

function host() {
  const sent: { path: string; body: Record<string, unknown> }[] = []
  const signed: string[] = []
  const api = {
    ask: async (_: string, path: string, { body }: { body: Record<string, unknown> }) => {
      sent.push({ path, body })
      return {}
    },
  }
  const signer = {
    prove: async (text: string) => {
      signed.push(text)
      return { key_id: 'opk_0123456789', signature: 'c2ln' }
    },
  }
  return { sent, signed, api: api as never, signer: signer as never }
}

test('a save is signed over what is sent, what it replaces and what comes of it', async () => {
  const { sent, signed, api, signer } = host()
  const becomes = 'c'.repeat(64)
  await save(api, { file: 'mine.cedar', text: 'new' }, view, { signer, becomes })
  const [{ path, body } = { path: '', body: {} }] = sent
  const word = body.word as { at: string }
  expect(path).toBe('/api/v1/policy/change')
  expect(body).toMatchObject({ file: 'mine.cedar', text: 'new', before: 'b'.repeat(64), becomes })
  const after = await sha256Hex('new')
  const about = { act: 'save' as const, about: 'mine.cedar', before: 'b'.repeat(64), after, becomes }
  expect(signed).toEqual([agreed({ ...about, policy: view.digest, loaded: 7, at: word.at })])
})

test('a draft is tried without a signature where nobody wants recorded calls opened', async () => {
  const { sent, signed, api, signer } = host()
  const { signal } = new AbortController()
  await tryOut(api, { file: 'mine.cedar', text: null }, view, { signer: null, signal })
  expect([sent[0]?.body, signed]).toEqual([{ file: 'mine.cedar', text: null }, []])
  await tryOut(api, { file: 'mine.cedar', text: null }, view, { signer, signal })
  expect(signed[0]?.split('\n').slice(0, 8)).toEqual([
    'castellan policy v1',
    'try',
    'mine.cedar',
    view.digest,
    '7',
    'none',
    'none',
    'none',
  ])
})
