import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { root } from '../support/castellan.ts'
import { run, script, withParts } from './support/run.ts'

const hasShellcheck = requires.command('shellcheck', 'shellcheck')

hasShellcheck.test('is clean for shellcheck, with all its parts', async () => {
  const ran = await run(['sh', '-c', 'shellcheck -x -s sh install.sh scripts/install/*.sh'], { cwd: root })
  expect(ran.stdout + ran.stderr).toBe('')
  expect(ran.code).toBe(0)
})

describe('the command line', () => {
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['--no-such-thing'], /is no option/],
    [['--try', '--convert'], /two different things/],
    [['--config'], /takes a value/],
    [['--config', 'relative'], /absolute path/],
    [['--purge'], /goes with --uninstall/],
    [['stray'], /is no option/],
    [['--convert', '--', 'stray'], /Only --try passes on/],
    [['--domain', 'castellan.example.org'], /needs --email/],
    [['--domain', 'not a domain', '--email', 'a@example.org'], /--domain takes/],
    [['--domain', 'a.b";evil', '--email', 'a@example.org'], /--domain takes/],
    [['--domain', 'a.example\nevil', '--email', 'a@example.org'], /--domain takes/],
    [['--input', 'github:me/castellan";evil="'], /flake reference/],
    [['--input', '$(touch /tmp/evil)'], /flake reference/],
    [['--nixpkgs', 'a b'], /flake reference/],
    [['--host-name', 'a;b'], /--host-name takes/],
    [['--configuration', '../x'], /--configuration takes/],
    [['--probation', '0'], /--probation takes/],
    [['--token-file', '/x', '--ask-token'], /exclude each other/],
  ]
  for (const [args, words] of refusals) {
    it(`exits with 2 for ${JSON.stringify(args)}`, async () => {
      const { code, stderr } = await run(['sh', script, ...args])
      expect(stderr).toMatch(words)
      expect(code).toBe(2)
    })
  }

  it('says what it can do, and what each exit code means', async () => {
    const { code, stdout } = await run(['sh', script, '--help'])
    expect(code).toBe(0)
    for (const word of ['--try', '--convert', '--uninstall', '--dry-run', '130']) expect(stdout).toContain(word)
  })

  it('shows what it was given without its control characters', async () => {
    const { stderr } = await run(['sh', script, '--\u001b[31m\nred'])
    expect(stderr).not.toContain('\u001b')
  })

  it('does not work without its parts, and says so', async () => {
    const folder = temporaryFolder()
    cpSync(script, join(folder, 'install.sh'))
    const { code, stderr } = await run(['sh', join(folder, 'install.sh'), '--try'])
    expect(code).toBe(3)
    expect(stderr).toContain('copy of Castellan')
  })
})

/** A copy of install.sh with its parts and nothing else, in a folder with an awkward name. */
function copyOf(name: string): string {
  const folder = join(temporaryFolder(), name)
  mkdirSync(join(folder, 'scripts'), { recursive: true })
  cpSync(script, join(folder, 'install.sh'))
  cpSync(join(root, 'scripts', 'install'), join(folder, 'scripts', 'install'), { recursive: true })
  return folder
}

/** Programs that stand before those of the machine. */
function programs(texts: Record<string, string>): string {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`
}

describe('--try', () => {
  const npm = 'printf "%s|" "$PWD" "$@"'

  it('runs npm start in its own folder, whatever that is called, and passes options on', async () => {
    const folder = copyOf('a folder "with" $(odd) name')
    const PATH = programs({ npm })
    const ran = await run(['sh', join(folder, 'install.sh'), '--try', '--', '--state', '/a b', '--port', '0'], {
      env: { PATH },
    })
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stdout).toContain(`${folder}|start|--|--state|/a b|--port|0|`)
  })

  it('starts nothing with --dry-run', async () => {
    const PATH = programs({ npm: 'touch "$HOME/started"' })
    const ran = await run(['sh', script, '--try', '--dry-run'], { env: { PATH } })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('npm start') })
  })

  it('says what is missing where npm is, and where the machine is another one', async () => {
    const PATH = temporaryFolder()
    for (const name of ['sh', 'dirname', 'uname', 'cat', 'tr', 'cut', 'grep', 'id'])
      symlinkSync(join('/usr/bin', name), join(PATH, name))
    const without = await run(['/bin/sh', script, '--try'], { env: { PATH } })
    expect(without).toMatchObject({ code: 3, stderr: expect.stringContaining('npm is missing') })
    const strange = await run(['sh', script, '--try'], { env: { PATH: programs({ uname: 'echo Plan9' }) } })
    expect(strange).toMatchObject({ code: 3, stderr: expect.stringContaining('Plan9') })
  })
})

describe('--uninstall of what --try keeps', () => {
  it('removes the packages, keeps the state, and destroys it with --purge', async () => {
    const folder = copyOf('copy of castellan')
    mkdirSync(join(folder, 'node_modules'))
    const state = join(temporaryFolder(), 'a state')
    mkdirSync(join(state, 'ledger'), { recursive: true })
    const uninstall = (...args: string[]) =>
      run(['sh', join(folder, 'install.sh'), '--uninstall', ...args], { env: { CASTELLAN_STATE: state } })
    expect(await uninstall('--dry-run', '--purge')).toMatchObject({ code: 0 })
    expect((await uninstall()).stdout).toContain('The state stays')
    expect(await run(['ls', folder])).toMatchObject({ stdout: 'install.sh\nscripts\n' })
    expect(await uninstall('--purge')).toMatchObject({ code: 4 })
    expect((await uninstall('--purge', '--yes')).stdout).toContain('Destroyed')
    expect((await run(['ls', state])).code).not.toBe(0)
  })

  it('destroys no folder that is not a state of Castellan, and none that is in use', async () => {
    const folder = copyOf('castellan')
    const other = temporaryFolder()
    writeFileSync(join(other, 'thesis.tex'), 'the only copy')
    const uninstall = () =>
      run(['sh', join(folder, 'install.sh'), '--uninstall', '--purge', '--yes'], { env: { CASTELLAN_STATE: other } })
    expect(await uninstall()).toMatchObject({ code: 3, stderr: expect.stringContaining('no state of Castellan') })
    mkdirSync(join(other, 'ledger'))
    writeFileSync(join(other, 'run.json'), '{}')
    expect(await uninstall()).toMatchObject({ code: 3, stderr: expect.stringContaining('still runs') })
  })
})

describe('secrets', () => {
  const token = `cst_${'a'.repeat(43)}`
  const read = (file: string) =>
    withParts('token_file=$1 ask_token=no; read_token; keep_token "$2"; ls -l "$2/token"; cat "$2/token"', [
      file,
      join(temporaryFolder(), 'kept'),
    ])

  it('takes a token from a private file and keeps it private', async () => {
    const file = join(temporaryFolder(), 'a token')
    writeFileSync(file, `${token}\n`, { mode: 0o600 })
    const { code, stdout } = await read(file)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^-rw-------/)
    expect(stdout).toContain(token)
  })

  it('refuses a file that others can read, one that is not there, and what is no token, without showing it', async () => {
    const file = join(temporaryFolder(), 'token')
    writeFileSync(file, `${token}\n`, { mode: 0o644 })
    expect(await read(file)).toMatchObject({ code: 2, stderr: expect.stringContaining('chmod 600') })
    expect(await read('/nowhere')).toMatchObject({ code: 2 })
    const secret = join(temporaryFolder(), 'secret')
    writeFileSync(secret, 'hunter2', { mode: 0o600 })
    const { code, stdout, stderr } = await read(secret)
    expect(code).toBe(2)
    expect(stdout + stderr).not.toContain('hunter2')
  })
})

describe('names of hosts', () => {
  const names = requires.root()
  for (const name of ['a b', 'x"; touch /tmp/evil; "', '$(id)', 'ümlaut', '-dash', 'under_score', 'a'.repeat(64)]) {
    names.test(`refuses to write ${JSON.stringify(name)} into a configuration`, async () => {
      const inside = 'printf %s "$1" > /proc/sys/kernel/hostname; . "$2/scripts/install/base.sh"; this_host'
      const ran = await run(['unshare', '--uts', 'sh', '-c', inside, 'sh', name, root])
      expect(ran).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('hostnamectl set-hostname') })
    })
  }
})

requires
  .root()
  .and(requires.command('git', 'git'))
  .test('lets git read a copy that belongs to somebody else', async () => {
    const folder = copyOf('a copy')
    await run(['sh', '-ec', 'git init -q "$1" && chown -R nobody "$1"', 'sh', folder])
    expect((await run(['git', '-C', folder, 'status'])).stderr).toContain('dubious ownership')
    const trusting = '. "$1/scripts/install/base.sh"; here=$1; trust_this_copy; git -C "$1" status'
    expect(await run(['sh', '-ec', trusting, 'sh', folder])).toMatchObject({ code: 0 })
  })

it('knows a nix that is new enough from one that is not', async () => {
  for (const [version, isNew] of [
    ['nix (Nix) 2.8.0', false],
    ['nix (Nix) 2.17.1', false],
    ['nix (Nix) 2.18.0', true],
    ['nix (Nix) 2.24.11', true],
    ['nix (Nix) 3.0', true],
  ] as const) {
    expect((await withParts('nix_is_new "$1" || exit 9', [version])).code).toBe(isNew ? 0 : 9)
  }
})
