import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CastellanError } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { loadConfig, ProcessConfig } from '../../src/index.ts'

const Config = ProcessConfig.extend({
  agentSocket: z.string(),
  port: z.int().default(18_789),
  publicOrigins: z.array(z.string()).default([]),
  strict: z.boolean().default(true),
  limits: z.strictObject({ calls: z.int().default(64), bodyBytes: z.int().default(1024) }).prefault({}),
})

function file(content: unknown): string {
  const path = join(temporaryFolder(), 'config.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function refusal(sources: Parameters<typeof loadConfig>[1]): CastellanError {
  try {
    loadConfig(Config, sources)
  } catch (error) {
    return error as CastellanError
  }
  throw new Error('the configuration was taken')
}

test('what nobody sets has its default', () => {
  const config = loadConfig(Config, { env: { CASTELLAN_AGENT_SOCKET: '/run/a.sock' } })
  expect(config).toEqual({
    logLevel: 'info',
    agentSocket: '/run/a.sock',
    port: 18_789,
    publicOrigins: [],
    strict: true,
    limits: { calls: 64, bodyBytes: 1024 },
  })
})

test('a variable becomes a number, a switch or a list where the schema wants one', () => {
  const env = {
    CASTELLAN_AGENT_SOCKET: '123',
    CASTELLAN_PORT: '8080',
    CASTELLAN_STRICT: 'false',
    CASTELLAN_PUBLIC_ORIGINS: '["https://a"]',
    CASTELLAN_LIMITS__CALLS: '3',
  }
  expect(loadConfig(Config, { env })).toMatchObject({
    agentSocket: '123',
    port: 8080,
    strict: false,
    publicOrigins: ['https://a'],
    limits: { calls: 3, bodyBytes: 1024 },
  })
})

test('a variable wins over the file', () => {
  const config = loadConfig(Config, { file: file({ agentSocket: '/a', port: 1 }), env: { CASTELLAN_PORT: '2' } })
  expect(config).toMatchObject({ agentSocket: '/a', port: 2 })
})

test('one section of a file is read with FILE#section, and a missing section is an empty one', () => {
  const path = file({ agentd: { agentSocket: '/a' }, other: { nonsense: true } })
  expect(loadConfig(Config, { file: `${path}#agentd`, env: {} }).agentSocket).toBe('/a')
  expect(loadConfig(Config, { file: `${path}#none`, env: { CASTELLAN_AGENT_SOCKET: '/b' } }).agentSocket).toBe('/b')
})

test('an unknown key is refused by name, with the nearest known one', () => {
  const path = file({ agentSocket: '/a', prot: 1, limits: { cals: 3 } })
  const { code, message } = refusal({ file: path, env: {} })
  expect(code).toBe('config_invalid')
  expect(message).toContain(`prot in ${path} is not known. Did you mean port?`)
  expect(message).toContain(`limits.cals in ${path} is not known. Did you mean calls?`)
})

test('an unknown key that is near to none is refused with those that are known', () => {
  const path = file({ agentSocket: '/a', banana: 1, limits: { zzz: 3 } })
  const { message } = refusal({ file: path, env: {} })
  expect(message).toContain(
    `banana in ${path} is not known. Known are logLevel, agentSocket, port, publicOrigins, strict, limits.`,
  )
  expect(message).toContain(`limits.zzz in ${path} is not known. Known are calls, bodyBytes.`)
})

test('a variable that lost an underscore is shown how its section is written', () => {
  const { message } = refusal({ env: { CASTELLAN_AGENT_SOCKET: '/a', CASTELLAN_LIMITS_CALL: '1' } })
  expect(message).toContain(
    'CASTELLAN_LIMITS_CALL is not known. Variables of limits start with CASTELLAN_LIMITS__ (two underscores).',
  )
})

test('a wrong type is said in plain words', () => {
  const path = file({ agentSocket: 5, strict: 'yes', limits: [] })
  const { message } = refusal({ file: path, env: {} })
  expect(message).toContain(`agentSocket in ${path}: must be a string.`)
  expect(message).toContain(`strict in ${path}: must be true or false.`)
  expect(message).toContain(`limits in ${path}: must be an object.`)
  expect(refusal({ env: {} }).message).toContain('CASTELLAN_AGENT_SOCKET: is missing and must be a string.')
})

test('a key in a section is named with its section', () => {
  const path = file({ agentd: { agentSocket: '/a', prot: 1 } })
  expect(refusal({ file: `${path}#agentd`, env: {} }).message).toContain(`agentd.prot in ${path} is not known.`)
})

test('an unknown variable is refused by name, with the nearest known variable', () => {
  const { message } = refusal({ env: { CASTELLAN_AGENT_SOCKET: '/a', CASTELLAN_LIMITS__CALL: '1' } })
  expect(message).toContain('CASTELLAN_LIMITS__CALL is not known. Did you mean CASTELLAN_LIMITS__CALLS?')
})

test('variables about the process itself are not configuration', () => {
  const env = { CASTELLAN_AGENT_SOCKET: '/a', CASTELLAN_SUPERVISED: '1', CASTELLAN_STATE: '/s', HOME: '/root' }
  expect(loadConfig(Config, { env }).agentSocket).toBe('/a')
})

test('every problem is in one message', () => {
  const { message, detail } = refusal({
    env: { CASTELLAN_PORT: 'eighty', CASTELLAN_LOG_LEVEL: 'loud', CASTELLAN_X: '1' },
  })
  expect(message).toContain('CASTELLAN_AGENT_SOCKET: ')
  expect(message).toContain('CASTELLAN_PORT: ')
  expect(message).toContain('CASTELLAN_LOG_LEVEL: ')
  expect(message).toContain('CASTELLAN_X is not known.')
  expect((detail as { problems: string[] }).problems).toHaveLength(4)
})

test('a file that is missing, no JSON or no object is refused with its name', () => {
  expect(refusal({ file: '/nowhere/config.json', env: {} }).message).toContain(
    '/nowhere/config.json cannot be read: does not exist',
  )
  const broken = file('{"port": }')
  expect(refusal({ file: broken, env: {} }).message).toContain(
    `${broken} is not valid JSON: unexpected "}" at line 1, column 10`,
  )
  expect(refusal({ file: file('[]'), env: {} }).message).toContain('must hold a JSON object')
})
