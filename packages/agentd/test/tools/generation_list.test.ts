import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder } from '@castellan/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Nix } from '../../src/host/nix.ts'
import { openMachine, toolByName } from '../support/machine.ts'

const nix = requires.command('nix-env', 'nix-bin')

/** A nix of our own: its store, its state and a profile in a temporary folder; nothing is looked for elsewhere. */
function privateNix() {
  const folder = temporaryFolder()
  // Store paths are read-only, which keeps anybody but root from removing them.
  onTestFinished(() => void execFileSync('chmod', ['-R', 'u+w', folder]))
  const env = {
    PATH: process.env.PATH,
    NIX_STORE_DIR: join(folder, 'store'),
    NIX_STATE_DIR: join(folder, 'state'),
    NIX_LOG_DIR: join(folder, 'log'),
    NIX_CONF_DIR: join(folder, 'conf'),
  }
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { env, stdio: 'pipe' }).toString().trim()
  const profile = join(folder, 'profiles/system')
  mkdirSync(join(folder, 'profiles'))
  return {
    profile,
    install(version: string) {
      const system = join(folder, 'system')
      mkdirSync(join(system, 'kernel-modules/lib/modules/6.12.1'), { recursive: true })
      writeFileSync(join(system, 'nixos-version'), `${version}\n`)
      const path = run('nix-store', '--add', system)
      run('nix-env', '-p', profile, '--option', 'substitute', 'false', '--set', path)
      return path
    },
    rollBack: () => run('nix-env', '-p', profile, '--rollback'),
  }
}

describe('generation_list', () => {
  nix.test('shows the generations of a real profile, newest first, and which is current', async () => {
    const { profile, install, rollBack } = privateNix()
    const first = install('25.05.1')
    const second = install('25.11.2')
    await using machine = await openMachine({ replace: { nix: new Nix(profile) } })
    const { output, summary } = await machine.call('generation_list')
    expect(output).toMatchObject({
      generations: [
        { number: 2, current: true, path: second, nixosVersion: '25.11.2', kernelVersion: '6.12.1' },
        { number: 1, current: false, path: first, nixosVersion: '25.05.1' },
      ],
      total: 2,
      truncated: false,
    })
    expect(summary).toMatch(
      /^Generation 2 \(NixOS 25\.11\.2\) of .+ UTC is current, of 2 generations; it is the newest\.$/,
    )
    rollBack()
    expect((await machine.call('generation_list')).summary).toMatch(
      /^Generation 1 .* it is not the newest, which is 2\.$/,
    )
    expect((await machine.call('generation_list', { limit: 1 })).output).toMatchObject({ total: 2, truncated: true })
    const rest = await machine.call('generation_list', { limit: 1, offset: 1 })
    expect(rest.output).toMatchObject({ generations: [{ number: 1, current: true }], total: 2, truncated: false })
    expect(rest.summary).toBe('Generation 1 (NixOS 25.05.1) is current, of 2 generations.')
    expect((await machine.call('generation_list', { offset: 2 })).summary).toBe(
      'The offset leaves out all there are (2 generations).',
    )
  })

  it('says on another system that this is not NixOS', async () => {
    await using machine = await openMachine({ replace: { nix: new Nix(join(temporaryFolder(), 'system')) } })
    await expect(machine.call('generation_list')).rejects.toMatchObject({
      code: 'unsupported_host',
      message: expect.stringContaining('On NixOS this works.'),
    })
  })
})

it('a limit that is none is refused before anything is asked', () => {
  expect(toolByName('generation_list').input.safeParse({ limit: -1 }).success).toBe(false)
})
