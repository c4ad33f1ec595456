import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findCommand } from '@castellan/testing'
import { expect, test } from 'vitest'
import { evaluate, nix } from '../../support/nixos/evaluate.ts'
import { cases } from './cases/cases.ts'

const optionList = fileURLToPath(new URL('../../../nix/options.nix', import.meta.url))

const shorthands = `
  unit = name: config.rendered.units."castellan-\${name}.service";
  settings = name: builtins.fromJSON config.environment.etc."castellan/\${name}.json".text;
  agentd = settings "agentd"; gateway = settings "gateway"; engine = settings "engine"; airlock = settings "airlock";`

nix.describe('each option of the module', () => {
  test.each(cases)('services.castellan.$option', async ({ set, look, is }) => {
    const configuration = `services.castellan = { ${set} };`
    expect(await evaluate({ configuration, expression: `let ${shorthands} in ${look}` })).toEqual(is)
  })

  test('is tried above', async () => {
    const args = ['--eval', '--strict', '--json', '--store', 'dummy://', optionList]
    const { stdout } = await promisify(execFile)(findCommand('nix-instantiate') as string, args)
    const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name.replace('services.castellan.', ''))
    const tried = new Set(cases.map(({ option }) => option))
    expect(names.filter((name) => !tried.has(name))).toEqual([])
    expect([...tried].filter((name) => !names.includes(name))).toEqual([])
  })
})
