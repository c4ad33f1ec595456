import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { readOptions } from '../../src/options.ts'
import { defineProcesses } from '../../src/processes/definition.ts'
import { prepareState } from '../../src/state/folder.ts'
import { readArguments } from '../../src/terminal/arguments.ts'

function define(env: NodeJS.ProcessEnv) {
  const options = readOptions(readArguments(['--state', join(temporaryFolder(), 's')]), {})
  const layout = prepareState(options.stateDir)
  return defineProcesses({
    layout,
    options,
    port: 4000,
    isolation: { wrapper: ['unshare', '--net', '--'], note: undefined },
    env,
  })
}

test('a process gets what is meant for it and none of the other variables', () => {
  const { gateway, agentd } = define({
    PATH: '/bin',
    CASTELLAN_PORT: '1',
    CASTELLAN_GATEWAY__PUBLIC_ORIGINS: '["https://x"]',
    CASTELLAN_GATEWAY__PORT: '9999',
  })
  expect(gateway.env).toMatchObject({ PATH: '/bin', CASTELLAN_PUBLIC_ORIGINS: '["https://x"]', CASTELLAN_PORT: '4000' })
  expect(agentd.env).not.toHaveProperty('CASTELLAN_PUBLIC_ORIGINS')
  expect(agentd.env).not.toHaveProperty('CASTELLAN_PORT')
})

test('what is compiled is kept for the next start, in the state folder unless somebody said where', () => {
  const { gateway } = define({})
  expect(gateway.env.NODE_COMPILE_CACHE).toMatch(/\/s\/cache\/compiled$/)
  expect(define({ NODE_COMPILE_CACHE: '/elsewhere' }).gateway.env.NODE_COMPILE_CACHE).toBe('/elsewhere')
})

test('only the engine is started apart from the network', () => {
  const { engine, agentd } = define({})
  expect([engine.command, ...engine.args].slice(0, 4)).toEqual(['unshare', '--net', '--', process.execPath])
  expect(agentd.command).toBe(process.execPath)
})

test('no command line carries a secret: they name files', () => {
  for (const { args } of Object.values(define({}))) expect(args.join(' ')).not.toContain('cst_')
})
