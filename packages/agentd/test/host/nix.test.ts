import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import { etcDrift } from '../../src/host/nix/drift.ts'
import { comparePackages, packageOf } from '../../src/host/nix/packages.ts'
import { compareUnits } from '../../src/host/nix/units.ts'
import { nixString, nixValue } from '../../src/host/nixos/configuration.ts'
import { reasonIn } from '../../src/host/nixos/evaluate.ts'
import { inputsOf } from '../../src/host/nixos/flake.ts'
import { optionName, optionPath } from '../../src/host/nixos/options.ts'
import { hasDefaultRoute } from '../../src/switch/checks/network.ts'
import { metricIn } from '../../src/switch/checks/probe.ts'
import { quoted } from '../../src/switch/scripts.ts'

const signal = new AbortController().signal
const store = (name: string) => `/nix/store/${'a'.repeat(32)}-${name}`

describe('packages by the names of store paths', () => {
  test('the version begins at the first dash that no letter follows', () => {
    expect(packageOf(store('nginx-1.26.2'))).toEqual({ name: 'nginx', version: '1.26.2' })
    expect(packageOf(store('python3.12-requests-2.32.3'))).toEqual({ name: 'python3.12-requests', version: '2.32.3' })
    expect(packageOf(store('openssl-3.4.0-bin'))).toEqual({ name: 'openssl', version: '3.4.0' })
    expect(packageOf(store('unit-nginx.service'))).toEqual({ name: 'unit-nginx.service', version: '' })
  })

  test('closures are compared by package, whatever their hashes', () => {
    const changes = comparePackages(
      [store('nginx-1.26.2'), store('jq-1.7'), store('unit-a.service')],
      [`/nix/store/${'b'.repeat(32)}-jq-1.7`, store('nginx-1.27.0'), store('htop-3.3')],
    )
    expect(changes).toEqual({
      added: [{ name: 'htop', before: [], after: ['3.3'] }],
      removed: [],
      changed: [{ name: 'nginx', before: ['1.26.2'], after: ['1.27.0'] }],
    })
  })
})

describe('units of two systems', () => {
  test('are compared by what they and their drop-ins say, and told by what a switch does about them', async () => {
    const folder = temporaryFolder()
    const system = (name: string, units: Record<string, string>) => {
      for (const [unit, text] of Object.entries(units)) {
        const path = join(folder, name, 'etc/systemd/system', unit)
        mkdirSync(join(path, '..'), { recursive: true })
        writeFileSync(path, text)
      }
      return join(folder, name)
    }
    const before = system('old', {
      'same.service': 'a',
      'gone.service': 'a',
      'web.service': 'a',
      'kept.service': '[Service]\n',
      'reloads.service': '[Service]\n',
      'dropped.service': 'a',
      'multi.target': 'a',
    })
    const after = system('new', {
      'same.service': 'a',
      'web.service': 'b',
      'kept.service': '[Unit]\nX-RestartIfChanged=false\n',
      'reloads.service': '[Unit]\nX-ReloadIfChanged=true\n',
      'dropped.service': 'a',
      'dropped.service.d/overrides.conf': 'b',
      'multi.target': 'b',
      'new.service': 'a',
    })
    expect(await compareUnits(before, after, signal)).toEqual({
      added: ['new.service'],
      removed: ['gone.service'],
      changed: ['dropped.service', 'kept.service', 'multi.target', 'reloads.service', 'web.service'],
      restarted: ['dropped.service', 'web.service'],
      reloaded: ['reloads.service'],
      kept: ['kept.service', 'multi.target'],
    })
  })
})

describe('drift in /etc', () => {
  test('is what changed, went or came by hand, and not what NixOS itself keeps there', async () => {
    const folder = temporaryFolder()
    const [system, etc] = [join(folder, 'system'), join(folder, 'etc')]
    mkdirSync(join(system, 'etc/ssh'), { recursive: true })
    mkdirSync(join(etc, 'ssh'), { recursive: true })
    for (const name of ['hosts', 'gone', 'ssh/sshd_config']) writeFileSync(join(system, 'etc', name), 'from the system')
    symlinkSync(join(system, 'etc/hosts'), join(etc, 'hosts'))
    writeFileSync(join(etc, 'ssh/sshd_config'), 'PermitRootLogin yes')
    writeFileSync(join(etc, 'ssh/ssh_host_ed25519_key'), 'private')
    writeFileSync(join(etc, 'machine-id'), 'abc')
    writeFileSync(join(etc, 'backdoor'), 'by hand')
    const drift = await etcDrift(system, signal, etc)
    expect(drift.map(({ kind, subject }) => [kind, subject.slice(etc.length + 1)])).toEqual([
      ['etc_missing', 'gone'],
      ['etc_changed', 'ssh/sshd_config'],
      ['etc_extra', 'backdoor'],
    ])
  })
})

describe('what goes into Nix and sh', () => {
  test('is data, whatever it contains', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the attack.
    expect(nixString('a"${b}\\\n')).toBe('"a\\"\\${b}\\\\\\n"')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the attack.
    expect(nixValue(['${x}'])).toBe('(builtins.fromJSON "[\\"\\${x}\\"]")')
    expect(quoted(`it's; rm -rf /`)).toBe(`'it'\\''s; rm -rf /'`)
  })

  test('option names are read and written alike', () => {
    expect(optionPath('services."my.host".enable')).toEqual(['services', 'my.host', 'enable'])
    expect(optionName(['services', 'my.host', 'enable'])).toBe('services."my.host".enable')
    for (const bad of ['', 'a.', '.a', 'a..b', 'a b', 'a;b', '1a'])
      expect(() => optionPath(bad), bad).toThrow('is no option')
  })
})

describe('what comes out of other programs', () => {
  test('the reason of a failed evaluation is its last error, without traces', () => {
    const stderr =
      "error: while evaluating\n\n       at /x:1:2:\n\n            1| x\n\u001b[31;1merror:\u001b[0m A definition for option `a' is not of type `boolean'.\n(use '--show-trace' …)"
    expect(reasonIn(stderr)).toBe("A definition for option `a' is not of type `boolean'.")
  })

  test('a default route is seen in both families', () => {
    const four =
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\nhost0\t00000000\t01004D0A\t0003\t0\t0\t0\t00000000\t0\n'
    const local = 'host0\t00004D0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n'
    const reject = `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200       lo\n`
    expect(hasDefaultRoute(four, reject)).toBe(true)
    expect(hasDefaultRoute(local, reject)).toBe(false)
    expect(hasDefaultRoute(local, reject.replace('lo', 'eth0'))).toBe(true)
  })

  test('metrics are found by name and labels', () => {
    const page = '# HELP up x\nup 1\nrequests_total{code="500"} 12 1700000000\nrequests_total 3e2\n'
    expect(metricIn(page, 'requests_total{code="500"}')).toBe(12)
    expect(metricIn(page, 'requests_total')).toBe(300)
    expect(metricIn(page, 'requests')).toBeNull()
  })

  test('a damaged lock says so', () => {
    expect(() => inputsOf('{')).toThrow('flake.lock is damaged')
  })
})
