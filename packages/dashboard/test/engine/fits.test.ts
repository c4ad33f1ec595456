import { expect, test } from 'vitest'
import { credentialMisfit, engineMisfit } from '../../src/engine/fits.ts'

const anthropic = { engine: 'anthropic', title: 'Anthropic’s Messages API', supported_auth: ['api_key'] } as const
const llama = { engine: 'llama', title: 'The model on this machine', supported_auth: ['none'] } as const
const key = { auth: 'api_key', state: 'healthy', provider: 'anthropic', base_url: null } as const

const misfit = (credential: Partial<Record<keyof typeof key, string | null>>, engine: object = anthropic) =>
  credentialMisfit(engine as Parameters<typeof credentialMisfit>[0], 'anthropic', {
    ...key,
    ...credential,
  } as Parameters<typeof credentialMisfit>[2])

test('a credential of the right kind and provider fits, one that cools down too', () => {
  expect(misfit({})).toBeNull()
  expect(misfit({ state: 'cooling_down' })).toBeNull()
})

test('a credential that does not fit says why', () => {
  expect(misfit({ state: 'revoked' })).toMatch(/revoked/)
  expect(misfit({ auth: 'oauth_token' })).toMatch(
    /it is a subscription token, and Anthropic’s Messages API takes API key/,
  )
  expect(misfit({ provider: 'openai' })).toMatch(/OpenAI does not speak the API of this engine/)
  expect(misfit({}, llama)).toMatch(/needs none/)
})

test('a credential with an address of its own speaks whatever is spoken there', () => {
  expect(misfit({ provider: 'openai', base_url: 'https://models.example/v1' })).toBeNull()
})

test('an engine that is away says what to do', () => {
  const problem = { code: 'not_found', message: 'Install it.', request_id: 'r' } as never
  expect(engineMisfit({ state: 'ready' })).toBeNull()
  expect(engineMisfit({ state: 'loading' })).toBeNull()
  expect(engineMisfit({ state: 'unavailable', problem })).toBe('Install it.')
  expect(engineMisfit({ state: 'failed' })).toBe('Failed')
})
