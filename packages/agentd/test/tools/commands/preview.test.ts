import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ToolPreview } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tools } from '../../../src/tools/index.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine

beforeAll(async () => {
  machine = await openMachine()
  writeFileSync(join(machine.workspace, 'notes.txt'), 'milk\n')
  mkdirSync(join(machine.workspace, 'logs'))
})

afterAll(() => machine[Symbol.asyncDispose]())

async function preview(name: string, args: Record<string, unknown>): Promise<ToolPreview> {
  const tool = tools.find((candidate) => candidate.name === name)
  if (tool?.preview === undefined) throw new Error(`${name} has no preview`)
  return tool.preview(tool.input.parse(args), { host: machine.host, signal: machine.signal })
}

test('a command that only reads says what it reads, and that nothing is to be taken back', async () => {
  const { effects, undo } = await preview('command_run', { argv: ['grep', '-n', 'milk', 'notes.txt'] })
  expect(effects).toEqual([
    'Runs grep -n milk notes.txt',
    `Reads ${machine.workspace}/notes.txt.`,
    `It runs in the sandbox in ${machine.workspace}: nothing is writable, no network, at most 60 seconds.`,
  ])
  expect(undo).toContain('nothing to take back')
})

test('a script shows its plan, how its commands hang together, and the files it names and writes', async () => {
  const script = 'sort notes.txt | uniq > logs/out.txt && rm -r logs'
  const { effects, undo } = await preview('shell_exec', { script, timeoutSeconds: 5 })
  expect(effects).toEqual([
    'Runs sort notes.txt',
    'Its output goes to uniq >logs/out.txt',
    'If that succeeds, runs rm -r logs',
    `Names ${machine.workspace}/notes.txt and ${machine.workspace}/logs.`,
    'Writes its output to logs/out.txt.',
    `It runs in the sandbox in ${machine.workspace}: only ${machine.workspace} is writable, no network, at most 5 seconds.`,
  ])
  expect(undo).toContain('cannot be taken back')
})

test('a script that is more than literals says that nobody can foresee it', async () => {
  const { effects } = await preview('shell_exec', { script: 'rm "$(cat list)"' })
  expect(effects[0]).toContain('cannot be told in advance')
})

test('untrusted code runs where nothing stays', async () => {
  const { effects, undo } = await preview('sandbox_exec', { argv: ['python3', '-c', 'print(1)'] })
  expect(effects.at(-1)).toContain('an empty folder that is gone afterwards')
  expect(undo).toContain('nothing to take back')
})
