import { join } from 'node:path'
import { requires } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { Sandbox } from '../../src/sandbox/index.ts'
import { walled } from './walled.ts'

const bwrap = requires.command('bwrap', 'bubblewrap')

bwrap.describe('a command in the sandbox', () => {
  bwrap.test('gets the very words it was given', async () => {
    const words = ['', ' ', '-', '--', '--bind', '$(id)', '`id`', "it's", '"', '\\', 'ü', '\n', '*', ';', '--argv0=x']
    const print = ['sh', '-c', 'for w in "$@"; do printf "%s\\0" "$w"; done', 'sh', ...words]
    expect((await walled().inside(print)).stdout.text.split('\0').slice(0, -1)).toEqual(words)
  })

  bwrap.test('reads nothing where it is given nothing, and what it is given else', async () => {
    expect((await walled().inside(['cat'])).stdout.bytes).toBe(0)
    expect((await walled().inside(['cat'], { stdin: 'hello' })).stdout.text).toBe('hello')
  })

  bwrap.test('may leave its input unread', async () => {
    expect(await walled().inside(['true'], { stdin: 'x'.repeat(1_000_000) })).toMatchObject({ exitCode: 0 })
  })

  bwrap.test('can name the workspace by its path, and knows its own name', async () => {
    const { inside, workspace } = walled()
    const report = await inside(['sh', '-c', `echo x > ${workspace}/here && ls ${workspace} && whoami`])
    expect(report.stdout.text).toBe('here\nagent\n')
  })

  bwrap.test('tells its exit code, and a signal as the shell does', async () => {
    expect((await walled().inside(['sh', '-c', 'exit 7'])).exitCode).toBe(7)
    expect((await walled().inside(['sh', '-c', 'kill -TERM $$'])).exitCode).toBe(143)
  })

  bwrap.test('keeps output and errors apart', async () => {
    const report = await walled().inside(['sh', '-c', 'echo out; echo err >&2'])
    expect(report).toMatchObject({ stdout: { text: 'out\n' }, stderr: { text: 'err\n' } })
  })

  bwrap.test('is refused where the host has no such program', async () => {
    await expect(walled().inside(['no-such-program'])).rejects.toMatchObject({ code: 'command_failed' })
  })

  bwrap.test('finds in the scratch folder what was put there, and leaves nothing of it', async () => {
    const { inside, workspace } = walled()
    const ground = { kind: 'scratch', files: [{ name: 'in.txt', content: 'hello' }] } as const
    const report = await inside(['sh', '-c', 'cat in.txt > out.txt; cat out.txt; pwd'], { ground })
    expect(report.stdout.text).toBe('hello/work\n')
    expect((await inside(['ls', '-A'])).stdout.text).toBe('')
    expect((await inside(['ls', workspace], { ground })).exitCode).not.toBe(0)
  })

  bwrap.test('is one of at most eight at once', async () => {
    const { inside } = walled()
    const controller = new AbortController()
    const waiting = Array.from({ length: 8 }, () => inside(['cat', '/dev/zero'], { timeoutSeconds: 30 }))
    await expect(inside(['true'])).rejects.toMatchObject({ code: 'busy' })
    await Promise.all(waiting)
    controller.abort()
    expect((await inside(['true'])).exitCode).toBe(0)
  })
})

describe('without its walls', () => {
  const job = { agent: 'main', argv: ['true'], timeoutSeconds: 5, ground: { kind: 'scratch', files: [] } } as const

  it('a command is refused, never run bare', async () => {
    const sandbox = new Sandbox('/tmp', ['/nowhere'])
    await expect(sandbox.run(job, new AbortController().signal)).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      message: expect.stringContaining('bubblewrap'),
    })
  })

  bwrap.test('which cannot be built (a workspace that is not there) the command does not run', async () => {
    const folder = join('/tmp', `castellan-none-${process.pid}`)
    const ground = { kind: 'workspace', cwd: folder, writable: false } as const
    await expect(new Sandbox(folder).run({ ...job, ground }, new AbortController().signal)).rejects.toThrow()
  })
})
