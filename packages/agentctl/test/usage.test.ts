import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import { agentctl } from './support/cli.ts'

describe('the command line', () => {
  test('--help teaches: commands, exit codes, examples', async () => {
    const { code, stdout } = await agentctl(['--help'])
    expect(code).toBe(0)
    for (const word of [
      'chat',
      'approvals',
      'approve',
      'deny',
      'undo',
      'ledger',
      'verify-ledger',
      'Exit codes',
      'Examples',
    ]) {
      expect(stdout).toContain(word)
    }
  })

  test('an unknown command exits 2 and names the nearest one', async () => {
    const { code, stderr } = await agentctl(['verify-leger'])
    expect(code).toBe(2)
    expect(stderr).toContain('verify-ledger')
  })

  test('an unknown option exits 2', async () => {
    const { code, stderr } = await agentctl(['status', '--loud'])
    expect(code).toBe(2)
    expect(stderr).toContain('--loud')
  })

  test.each([
    [['verify-leger'], 'unknown command'],
    [['status', '--loud'], '--loud'],
    [['call'], 'missing required argument'],
  ])('with --json a command line that is off is told as JSON: %j', async (args, words) => {
    const { code, stdout, stderr } = await agentctl([...args, '--json'])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(JSON.parse(stderr)).toEqual({ code: 'usage', message: expect.stringContaining(words) })
  })

  test.each(['approve', 'deny', 'undo'])('%s --help shows how with examples', async (command) => {
    const { code, stdout } = await agentctl([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('Examples:')
  })

  test.each([
    ['not json', 'not JSON'],
    ['[1]', 'one JSON object'],
    ['@/nowhere/args.json', 'cannot be read'],
  ])('arguments %s exit 2 with a sentence', async (text, sentence) => {
    const { code, stderr } = await agentctl(['call', 'disk_usage', text, '--state', temporaryFolder()])
    expect(code).toBe(2)
    expect(stderr).toContain(sentence)
  })

  test.each([
    ['undo', 'twelve'],
    ['undo', '-1'],
    ['approve', 'yes'],
    ['deny', 'apr_'],
  ])('%s %s exits 2 before anything is asked', async (command, argument) => {
    const { code } = await agentctl([command, '--state', temporaryFolder(), '--', argument])
    expect(code).toBe(2)
  })
})

describe('without a running Castellan', () => {
  test('a command exits 3 and says how to start it or name another state folder', async () => {
    const folder = temporaryFolder()
    const { code, stdout, stderr } = await agentctl(['status', '--state', folder])
    expect(code).toBe(3)
    expect(stdout).toBe('')
    expect(stderr).toContain(folder)
    expect(stderr).toContain('npm start')
  })

  test('CASTELLAN_STATE names the state folder, --state overrules it', async () => {
    const first = temporaryFolder()
    const second = temporaryFolder()
    const env = { CASTELLAN_STATE: first }
    expect((await agentctl(['tools'], { env })).stderr).toContain(first)
    expect((await agentctl(['tools', '--state', second], { env })).stderr).toContain(second)
  })

  test('--json answers refusals as one envelope on standard error', async () => {
    const { code, stderr } = await agentctl(['status', '--json', '--state', temporaryFolder()])
    expect(code).toBe(3)
    expect(JSON.parse(stderr)).toMatchObject({ code: 'agentd_unavailable', message: expect.any(String) })
  })

  test('a damaged run.json is said to be damaged', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'run.json'), '{"url": 1')
    const { code, stderr } = await agentctl(['status', '--state', folder])
    expect(code).toBe(3)
    expect(stderr).toContain('damaged')
  })
})
