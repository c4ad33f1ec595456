import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder, until } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { commandFailed, findProgram, runCommand } from '../../src/host/command.ts'

const options = { signal: new AbortController().signal, maxOutputBytes: 1000 }

describe('runCommand', () => {
  it('gives output, complaints and exit code', async () => {
    const result = await runCommand('/bin/sh', ['-c', 'echo out; echo err >&2; exit 3'], options)
    expect(result).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 3 })
  })

  it('passes arguments as they are and an environment of its own', async () => {
    const { stdout } = await runCommand('/bin/sh', ['-c', 'echo "$1|$SYSTEMD_COLORS|$HOME"', 'sh', '$(id); *'], options)
    expect(stdout).toBe('$(id); *|0|\n')
  })

  it('kills the whole family when it is cancelled', async () => {
    const file = join(temporaryFolder(), 'pid')
    const controller = new AbortController()
    const running = runCommand('/bin/sh', ['-c', `sleep 600 & echo $! > ${file}; wait`], {
      ...options,
      signal: controller.signal,
    })
    const pid = await until('the child has written its number', () => readFile(file, 'utf8').then(Number, () => null))
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    await until('the grandchild is gone', async () => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      return stat === '' || / Z /.test(stat)
    })
  })

  it('stops a program that talks too much', async () => {
    await expect(runCommand('/bin/sh', ['-c', 'while :; do echo yes; done'], options)).rejects.toMatchObject({
      code: 'command_failed',
    })
  })

  it('says so when a program cannot be started', async () => {
    await expect(runCommand('/no/such/program', [], options)).rejects.toMatchObject({ code: 'command_failed' })
  })

  it('does not begin when it is cancelled already', async () => {
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(runCommand('/bin/true', [], { ...options, signal })).rejects.toThrow('too late')
  })
})

describe('findProgram', () => {
  it('finds a program in the system folders only, or says what is missing', async () => {
    expect(await findProgram('sh')).toMatch(/\/sh$/)
    await expect(findProgram('no-such-program')).rejects.toMatchObject({ code: 'unsupported_host' })
    await expect(findProgram('sh', ['/nowhere'])).rejects.toMatchObject({ code: 'unsupported_host' })
  })
})

describe('commandFailed', () => {
  it.each([
    ['git', "fatal: detected dubious ownership in repository at '/etc/nixos'\nTo add an exception, call:"],
    ['nix', "error: repository path '/etc/nixos' is not owned by current user"],
  ])('names what helps where %s meets a repository of another user', (program, stderr) => {
    const { code, message } = commandFailed(program, { exitCode: 128, stdout: '', stderr })
    expect(code).toBe('command_failed')
    expect(message).toContain('chown -R root: "/etc/nixos"')
    expect(message).toContain('git config --system --add safe.directory "/etc/nixos"')
  })

  it('adds nothing to any other failure', () => {
    const { message } = commandFailed('git', { exitCode: 1, stdout: '', stderr: 'fatal: no' })
    expect(message).toBe('git failed with exit code 1: fatal: no')
  })
})
