import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { readOptions } from '../src/options.ts'
import { readArguments } from '../src/terminal/arguments.ts'

const read = (argv: string[], env: NodeJS.ProcessEnv = {}) => readOptions(readArguments(argv), env)

test('arguments win over variables, variables over config.json', () => {
  const state = temporaryFolder()
  writeFileSync(join(state, 'config.json'), '{"port": 1001, "model": "/from-file.gguf", "logLevel": "debug"}')
  expect(read(['--state', state])).toMatchObject({ port: 1001, model: '/from-file.gguf', logLevel: 'debug' })
  expect(read(['--state', state], { CASTELLAN_PORT: '1002' }).port).toBe(1002)
  expect(read(['--state', state, '--port', '1003'], { CASTELLAN_PORT: '1002' }).port).toBe(1003)
})

test('state is where the argument says, then the variable, then the user’s state folder', () => {
  const env = { CASTELLAN_STATE: '/var/tmp/b', XDG_STATE_HOME: '/home/u/.state' }
  expect(read(['--state', '/var/tmp/a'], env)).toMatchObject({ stateDir: '/var/tmp/a', isDefaultState: false })
  expect(read([], env)).toMatchObject({ stateDir: '/var/tmp/b', isDefaultState: false })
  expect(read([], { XDG_STATE_HOME: '/home/u/.state' })).toMatchObject({
    stateDir: '/home/u/.state/castellan',
    isDefaultState: true,
  })
})

test('an unknown key of config.json is refused, a process’s own keys are left to the process', () => {
  const state = temporaryFolder()
  writeFileSync(join(state, 'config.json'), '{"prot": 1, "gateway": {"whatever": 1}}')
  expect(() => read(['--state', state])).toThrow(/prot in .*config\.json is not known\. Did you mean port\?/)
})
