import { expect, test } from 'vitest'
import { checkSecret } from '../../../gateway/src/credentials/providers.ts'
import { judgePrefix, KNOWN } from '../../src/engine/prefix.ts'

test('a secret is told by how it begins', () => {
  expect(judgePrefix('anthropic', 'api_key', '', 'sk-ant-api03-x')).toEqual({ kind: 'good' })
  expect(judgePrefix('anthropic', 'oauth_token', '', 'sk-ant-oat01-x')).toEqual({ kind: 'good' })
  expect(judgePrefix('anthropic', 'api_key', '', '')).toEqual({ kind: 'empty' })
  expect(judgePrefix('openai', 'api_key', '', 'hello')).toEqual({ kind: 'wrong', wanted: 'sk-', looksLike: null })
  expect(judgePrefix('openai', 'api_key', '', 'sk-or-x')).toEqual({
    kind: 'wrong',
    wanted: 'sk-',
    looksLike: 'OpenRouter',
  })
  expect(judgePrefix('openai', 'oauth_token', '', 'x')).toEqual({ kind: 'no_such_auth', wanted: 'api_key' })
})

test('what nobody can tell is let through', () => {
  expect(judgePrefix('home', 'api_key', 'http://10.0.0.2/v1', 'anything')).toEqual({ kind: 'untold' })
  expect(judgePrefix('openai', 'api_key', 'http://10.0.0.2/v1', 'anything')).toEqual({ kind: 'untold' })
})

test('the page and the gateway hold the same secrets for good', () => {
  const secrets = KNOWN.flatMap(({ prefix }) =>
    Object.values(prefix).flatMap((beginning) => [beginning, `${beginning}1`]),
  )
  for (const { name } of KNOWN) {
    for (const auth of ['api_key', 'oauth_token'] as const) {
      for (const secret of [...secrets, 'x']) {
        const isKept = refusal(() => checkSecret({ provider: name, auth }, secret)) === null
        expect(judgePrefix(name, auth, '', secret).kind === 'good', `${name} ${auth} ${secret}`).toBe(isKept)
      }
    }
  }
})

function refusal(act: () => void): unknown {
  try {
    act()
    return null
  } catch (error) {
    return error
  }
}
