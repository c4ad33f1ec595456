import { until } from '@castellan/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { throwawayHost } from '../support/throwaway-host/host.ts'
import { NixosHost } from './support/nixos-host.ts'

throwawayHost.describe('install.sh on NixOS', () => {
  let nixos: NixosHost

  beforeAll(async () => {
    nixos = await NixosHost.start()
  })
  afterAll(() => nixos?.[Symbol.asyncDispose]())

  const flake = () => nixos.read('/etc/nixos/flake.nix')

  it('shows with --dry-run what it would do, and changes nothing', async () => {
    const before = await flake()
    const { code, out } = await nixos.install('--dry-run')
    expect(out).toContain('+          castellan.nixosModules.default ./castellan.nix')
    expect(out).toContain('services.castellan.enable = true;')
    expect(code, out).toBe(0)
    expect(await flake()).toBe(before)
    expect(await nixos.running()).toBe(nixos.host.systems.old)
    expect((await nixos.sh('ls -d /var/lib/castellan-install 2>&1 || true')).stdout).toContain('No such file')
  })

  it('wants to be agreed with', async () => {
    const { code, out } = await nixos.install()
    expect(out).toContain('Say --yes')
    expect(code).toBe(4)
    expect(await flake()).not.toContain('castellan')
  })

  it('goes on where it was agreed to, switches under SafeSwitch, and takes all of it out again', async () => {
    const before = await flake()
    const installed = await nixos.install('--yes')
    expect(installed.code, installed.out).toBe(0)
    expect(installed.out).toContain('(done before)')
    expect(installed.out).toContain('Castellan keeps this host now')
    expect(await flake()).toContain('path:/srv/castellan')
    const running = await nixos.running()
    expect(running).not.toBe(nixos.host.systems.old)
    expect((await nixos.sh(`ls ${running}/sw/bin`)).stdout).toContain('agentctl')
    expect((await nixos.sh('readlink -f /nix/var/nix/profiles/system')).stdout.trim()).toBe(running)
    expect((await nixos.sh('systemctl is-active castellan-install-guard || true')).stdout.trim()).toBe('inactive')
    const story = await nixos.sh(
      `${running}/sw/bin/agentctl verify-ledger --dir /var/lib/castellan-install/guard/ledger`,
    )
    expect(story.stdout).toContain('✓')

    expect(await nixos.install('--yes')).toMatchObject({
      code: 2,
      out: expect.stringContaining('names Castellan already'),
    })

    const removed = await nixos.install('--uninstall', '--yes')
    expect(removed.code, removed.out).toBe(0)
    expect((await flake()).replace(/\s+/g, ' ')).toBe(before.replace(/\s+/g, ' '))
    expect(await nixos.read('/etc/nixos/castellan.nix')).toBe('')
    expect(await nixos.read('/etc/nixos/castellan.nix.removed')).toContain('services.castellan.enable')
    expect((await nixos.sh('ls $(readlink -f /run/current-system)')).stdout).not.toMatch(/^sw$/m)
  })

  it('puts the configuration back where the new system is not well, and ends with SafeSwitch’s code', async () => {
    await nixos.prepare('fails')
    const before = await flake()
    const { code, out } = await nixos.install('--yes')
    expect(code, out).toBe(20)
    expect(out).toContain('was taken back')
    expect(await flake()).toBe(before)
    expect(await nixos.read('/etc/nixos/castellan.nix')).toBe('')
    expect(await nixos.running()).toBe(nixos.host.systems.old)
  })

  it('goes on after it was killed: between two steps, and in the middle of the switch', async () => {
    await nixos.prepare('good')
    const first = await nixos.begin('--yes')
    await until('it is at work', async () =>
      (await nixos.read('/var/lib/castellan-install/journal')).includes('edited'),
    )
    await nixos.sh(`systemctl kill --signal=SIGKILL ${first}`)
    await nixos.ended(first)

    const second = await nixos.begin('--yes')
    const begun = async () => (await nixos.read('/var/lib/castellan-install/journal')).includes('switch-begun')
    await until('the switch was begun', begun)
    await nixos.sh(`systemctl kill --signal=SIGKILL ${second}`)
    await nixos.ended(second)

    const third = await nixos.install('--yes')
    expect(third.code, third.out).toBe(0)
    expect(third.out).toContain('Going on after')
    expect(await flake()).toContain('castellan.nixosModules.default')
    expect((await nixos.sh('ls $(readlink -f /run/current-system)/sw/bin')).stdout).toContain('agentctl')
  })

  it('goes on after the guard was killed in probation', async () => {
    await nixos.prepare('good')
    const unit = await nixos.begin('--yes', '--probation', '4')
    const isNew = async () => (await nixos.running()) !== nixos.host.systems.old
    await until('the new system is on trial', isNew)
    await nixos.sh('systemctl kill --signal=SIGKILL castellan-install-guard')
    await nixos.ended(unit)
    const again = await nixos.install('--yes', '--probation', '4')
    expect(again.code, again.out).toBe(0)
    expect(await nixos.running()).not.toBe(nixos.host.systems.old)
  })

  it('refuses other options while a run is not finished, and a second one at the same time', async () => {
    await nixos.prepare('good')
    await nixos.install()
    const other = await nixos.install('--yes', '--domain', 'castellan.example.org', '--email', 'me@example.org')
    expect(other).toMatchObject({ code: 2, out: expect.stringContaining('--start-over') })
    await nixos.sh('systemd-run --quiet --unit=holder flock /var/lib/castellan-install/lock sleep 60; sleep 0.3')
    expect((await nixos.install('--yes')).code).toBe(7)
    await nixos.sh('systemctl stop holder')
  })

  it('begins anew where the configuration was edited between two runs, and puts no old copy over it', async () => {
    await nixos.prepare('good')
    expect((await nixos.install()).code).toBe(4)
    await nixos.sh(
      'echo "# edited meanwhile" >> /etc/nixos/flake.nix; echo "# this too" >> /etc/nixos/configuration.nix',
    )
    const { code, out } = await nixos.install('--yes')
    expect(code, out).toBe(0)
    expect(out).toContain('beginning anew')
    expect(out).not.toContain('Editing a copy of /etc/nixos (done before)')
    expect(await flake()).toContain('# edited meanwhile')
  })

  it('says what to add by hand where it does not understand the flake, or nix does not', async () => {
    await nixos.prepare('good')
    await nixos.write('/etc/nixos/flake.nix', '{ outputs = { self }: { }; }\n')
    expect(await nixos.install('--yes')).toMatchObject({
      code: 6,
      out: expect.stringContaining('inputs.castellan = {'),
    })
    await nixos.prepare('good')
    const { code, out } = await nixos.install('--yes', '--configuration', 'another')
    expect(code, out).toBe(6)
    expect(out).toContain('does not evaluate; nothing was changed')
    expect(await flake()).not.toContain('castellan')
    await nixos.sh('rm /etc/nixos/flake.nix')
    expect((await nixos.install('--yes', '--start-over')).code).toBe(6)
  })

  it('copies of a git repository only what git knows, so that no secret gets into the store', async () => {
    await nixos.prepare('good')
    await nixos.sh(`
      cd /etc/nixos && git init -q && git -c user.name=a -c user.email=a@b add . && git -c user.name=a -c user.email=a@b commit -qm first
      echo 'the password of everything' > secret.txt`)
    const { code, out } = await nixos.install('--yes')
    expect(code, out).toBe(0)
    expect((await nixos.sh('cd /etc/nixos && git status --short')).stdout).toContain('castellan.nix')
    const found = await nixos.sh('grep -rl "the password of everything" /nix/store /var/lib/castellan-install || true')
    expect(found.stdout).toBe('')
  })
})
