import { randomBytes } from 'node:crypto'
import { until } from '@castellan/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SwitchHost } from '../../packages/agentd/test/support/switch-host.ts'
import { throwawayHost } from '../support/throwaway-host/host.ts'
import { script } from './support/run.ts'

/**
 * What a throwaway host has not: a disk, and the network. The rest is real: the shell, systemd, the store, the profile, the boot
 * loader's program of the system that is made the next one, the restart.
 */
const fakes = {
  findmnt: `case "$*" in *'SOURCE /') echo /dev/vda1 ;; *'FSTYPE /') echo ext4 ;; *) exit 1 ;; esac`,
  lsblk: 'echo fakedisk',
  blkid: 'echo 0b5bd9a7-5d3e-4d5c-8a53-8b5f0f3a1f11',
  'apt-get': 'echo "apt-get $*" >> /var/lib/asked; [ ! -e /offline ] || exit 100',
  nix: `case "$*" in
*--version*) echo 'nix (Nix) 2.24.1' ;;
*build*)
  echo "nix $*" >> /var/lib/asked
  if [ -e /offline ]; then echo 'unable to download' >&2; exit 1; fi
  while [ "$1" != --out-link ]; do shift; done
  ln -sfn "$(cat /var/lib/new-system)" "$2" ;;
esac`,
}

throwawayHost.describe('install.sh --convert', () => {
  let host: SwitchHost

  beforeEach(async () => {
    host = await SwitchHost.start()
    await host.run([
      'sh',
      '-ec',
      `mkdir -p /fakes /root/.ssh /boot /etc/ssh; mknod /dev/fakedisk b 7 200; hostname web1`,
    ])
    for (const [name, text] of Object.entries(fakes)) {
      const encoded = Buffer.from(`#!/bin/sh\n${text}\n`).toString('base64')
      await host.run(['sh', '-ec', `printf %s ${encoded} | base64 -d > /fakes/${name}; chmod +x /fakes/${name}`])
    }
    await host.run([
      'sh',
      '-ec',
      `echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJvN0fGqTz3Wm me@laptop' > /root/.ssh/authorized_keys
       echo 'command="evil" ssh-ed25519 AAAA"; evil' >> /root/.ssh/authorized_keys
       echo old > /boot/vmlinuz; touch /etc/ssh/ssh_host_ed25519_key; echo nameserver 9.9.9.9 > /etc/resolv.conf
       echo ${host.systems.good} > /var/lib/new-system; rm -rf /etc/nixos /etc/NIXOS*`,
    ])
  })
  afterEach(() => host[Symbol.asyncDispose]())

  async function convert(...args: string[]): Promise<{ code: number; out: string }> {
    return ended(await begin(...args))
  }

  async function begin(...args: string[]): Promise<string> {
    const unit = `convert-${randomBytes(4).toString('hex')}`
    await host.run([
      'sh',
      '-ec',
      `systemd-run --quiet --unit=${unit} --property=Type=exec --property=RemainAfterExit=yes --property=StandardOutput=file:/run/${unit}.log ` +
        `--property=StandardError=inherit --setenv=PATH=/fakes:/usr/sbin:/usr/bin:/sbin:/bin sh ${script} --convert --input path:/srv/castellan ${args.join(' ')}`,
    ])
    return unit
  }

  async function ended(unit: string): Promise<{ code: number; out: string }> {
    const { stdout } = await host.run([
      'sh',
      '-c',
      `for i in $(seq 600); do case $(systemctl show --property=SubState --value ${unit}) in running | start*) sleep 0.1 ;; *) break ;; esac; done
       systemctl show --property=ExecMainStatus --value ${unit}; cat /run/${unit}.log; systemctl reset-failed ${unit} 2> /dev/null; true`,
    ])
    const [code = '', ...rest] = stdout.split('\n')
    return { code: Number(code), out: rest.join('\n') }
  }

  const read = async (path: string) => (await host.run(['sh', '-c', `cat ${path} 2> /dev/null; true`])).stdout
  const exists = async (path: string) =>
    (await host.run(['sh', '-c', `ls -d ${path} 2> /dev/null; true`])).stdout !== ''

  it('explains what it destroys, and does nothing unless the name of the host is typed', async () => {
    const silent = await convert()
    expect(silent.code, silent.out).toBe(4)
    expect(silent.out).toContain('This makes NixOS of this host (web1), in place')
    expect(silent.out).toContain('--host-name web1')
    expect((await convert('--yes')).code).toBe(4)
    expect((await convert('--host-name', 'web2')).code).toBe(4)
    expect(await exists('/etc/nixos')).toBe(false)
    expect(await exists('/var/lib/asked')).toBe(false)
  })

  it('shows with --dry-run the configuration that it would write, with what it found, and changes nothing', async () => {
    const { code, out } = await convert('--dry-run')
    expect(code, out).toBe(0)
    for (const text of [
      'nixosConfigurations."web1"',
      'device = "/dev/disk/by-uuid/0b5bd9a7-5d3e-4d5c-8a53-8b5f0f3a1f11"; fsType = "ext4"',
      'device = "/dev/fakedisk"',
      'address = [ "10.77.0.2/24" ]',
      'Gateway = "10.77.0.1"',
      'dns = [ "9.9.9.9" ]',
      '"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJvN0fGqTz3Wm me@laptop"',
      'castellan.nixosModules.default ./castellan.nix',
    ]) {
      expect(out).toContain(text)
    }
    expect(out).not.toContain('evil')
    expect(await exists('/etc/nixos /var/lib/castellan-install')).toBe(false)
  })

  it('goes on where the network failed, and makes the new system what boots', async () => {
    await host.run(['touch', '/offline'])
    const offline = await convert('--host-name', 'web1', '--no-reboot')
    expect(offline.code, offline.out).toBe(5)
    expect(offline.out).toContain('which needs the network')
    expect(await exists('/etc/NIXOS')).toBe(false)
    expect(await read('/boot/vmlinuz')).toBe('old\n')

    await host.run(['rm', '/offline'])
    const done = await convert('--host-name', 'web1', '--no-reboot')
    expect(done.code, done.out).toBe(0)
    expect(done.out).toContain('(done before)')
    const written = await host.run(['ls', '/etc/nixos'])
    expect(written.stdout).toBe('castellan.nix\nconfiguration.nix\nflake.nix\nhardware-configuration.nix\n')
    expect((await read('/etc/NIXOS_LUSTRATE')).split('\n').filter(Boolean)).toEqual([
      'etc/nixos',
      'root/.ssh',
      'var/lib/castellan-gateway',
      'etc/ssh/ssh_host_ed25519_key',
    ])
    expect(await read('/nix/var/boot-loader')).toBe(`${host.systems.good}\n`)
    expect((await host.run(['readlink', '-f', '/nix/var/nix/profiles/system'])).stdout.trim()).toBe(host.systems.good)
    expect(await read('/boot.before-nixos/vmlinuz')).toBe('old\n')
    expect(await exists('/boot/vmlinuz')).toBe(false)
  })

  it('goes on after it was killed, and restarts into the new system at the end', async () => {
    const unit = await begin('--host-name', 'web1')
    await until('it was agreed to', async () => (await read('/var/lib/castellan-install/journal')).includes('agreed'))
    await host.run(['sh', '-c', `systemctl kill --signal=SIGKILL ${unit}; true`])
    const journal = await read('/var/lib/castellan-install/journal')
    // Where it was faster than the kill there is nothing left to go on with.
    if (!journal.includes('restart')) await begin('--host-name', 'web1')
    await host.gone()
    await host.reboot()
    expect((await host.run(['readlink', '-f', '/run/current-system'])).stdout.trim()).toBe(host.systems.good)
  })

  it('refuses what it cannot carry over', async () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['findmnt', 'echo overlay', /ext4 and xfs only/],
      ['findmnt', `case "$*" in *SOURCE*) echo /dev/mapper/root ;; *) echo ext4 ;; esac`, /encrypted disk/],
      ['blkid', 'echo "x; evil"', /no UUID/],
      ['ip', 'true', /no IPv4 default route/],
    ]
    for (const [name, text, words] of cases) {
      const kept = await read(`/fakes/${name}`)
      await host.run([
        'sh',
        '-ec',
        `printf '#!/bin/sh\\n%s\\n' '${text.replaceAll("'", `'\\''`)}' > /fakes/${name}; chmod +x /fakes/${name}`,
      ])
      const { code, out } = await convert('--host-name', 'web1')
      expect(out).toMatch(words)
      expect(code).toBe(3)
      if (kept === '') await host.run(['rm', `/fakes/${name}`])
      else
        await host.run(['sh', '-ec', `printf %s ${Buffer.from(kept).toString('base64')} | base64 -d > /fakes/${name}`])
    }
    await host.run(['sh', '-c', ': > /root/.ssh/authorized_keys'])
    const { code, out } = await convert('--host-name', 'web1')
    expect(out).toContain('nobody could log in')
    expect(code).toBe(3)
    expect(await exists('/etc/nixos')).toBe(false)
  })
})
