import { describe, expect, it } from 'vitest'
import { checkSecret } from '../../src/credentials/providers.ts'

const check = (provider: string, secret: string, over: { auth?: 'api_key' | 'oauth_token'; base_url?: string } = {}) =>
  checkSecret({ provider, auth: 'api_key', ...over }, secret)

it.each([
  ['openai', 'sk-proj-0123'],
  ['openai', 'sk-0123'],
  ['anthropic', 'sk-ant-api03-0123'],
  ['openrouter', 'sk-or-v1-0123'],
])('takes what %s gives out: %s', (provider, secret) => expect(() => check(provider, secret)).not.toThrow())

it('takes a subscription’s token as what it is, and not as a key', () => {
  expect(() => check('anthropic', 'sk-ant-oat01-0123', { auth: 'oauth_token' })).not.toThrow()
  expect(() => check('anthropic', 'sk-ant-oat01-0123')).toThrow('looks like a token of anthropic')
  expect(() => check('anthropic', 'sk-ant-api03-0123', { auth: 'oauth_token' })).toThrow(
    'looks like a key of anthropic',
  )
  expect(() => check('openai', 'sk-0123', { auth: 'oauth_token' })).toThrow('take api_key')
})

describe('refuses what belongs to somebody else, and says whose it looks like without saying it', () => {
  it.each([
    ['openai', 'sk-ant-api03-PLANTED', 'anthropic'],
    ['openai', 'sk-or-v1-PLANTED', 'openrouter'],
    ['anthropic', 'sk-proj-PLANTED', 'openai'],
    ['openrouter', 'sk-ant-api03-PLANTED', 'anthropic'],
  ])('%s: %s', (provider, secret, owner) => {
    try {
      check(provider, secret)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'credential_invalid' })
      expect((error as Error).message).toContain(`looks like a key of ${owner}`)
      expect((error as Error).message).not.toContain('PLANTED')
    }
  })

  it('a bare prefix and something without one', () => {
    expect(() => check('openai', 'sk-')).toThrow('begins with sk-')
    expect(() => check('anthropic', 'hunter2')).toThrow('begins with sk-ant-api')
  })
})

it('takes any secret for an address of one’s own, and wants one for a provider it does not know', () => {
  expect(() => check('mine', 'anything', { base_url: 'https://llm.example.org/v1' })).not.toThrow()
  expect(() => check('openai', 'proxy-key', { base_url: 'https://llm.example.org/v1' })).not.toThrow()
  expect(() => check('openai', 'proxy-key', { base_url: 'https://api.openai.com/v1' })).toThrow('begins with sk-')
  expect(() => check('mine', 'anything')).toThrow('say its base_url')
})
