import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import { openMachine } from '../support/machine.ts'
import { SwitchHost } from '../support/switch-host.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a tool answers is looked at field by field.
type Answer = any

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const settings = { flake: '/srv/web', configuration: 'web', overlayDir: '/srv/web/castellan' }

throwawayHost.describe('the NixOS tools, on a host with a store and a configuration', () => {
  let host: SwitchHost

  const steps = async (list: readonly unknown[], nixos: unknown = settings): Promise<Answer[]> => {
    const script = here('../support/call-tools.ts')
    const argv = [process.execPath, '--conditions=source', script, JSON.stringify(list), JSON.stringify(nixos)]
    return JSON.parse((await host.run(argv)).stdout)
  }

  beforeAll(async () => {
    host = await SwitchHost.start()
    const flake = here('../fixtures/flake')
    const overlay = here('../../../../modules/overlay.nix')
    const script = `mkdir -p /srv && cp -r ${flake} /srv/web && cp ${overlay} /srv/web/overlay.nix && printf %s ${host.systems.old} > /srv/web/template`
    await host.run(['sh', '-ec', script])
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('nixos_option_get tells value, type, default and who sets it, and what may have been meant', async () => {
    const [enable, group, missing, malformed] = await steps([
      { name: 'nixos_option_get', args: { option: 'services.web.enable' } },
      { name: 'nixos_option_get', args: { option: 'services.web' } },
      { name: 'nixos_option_get', args: { option: 'services.web.prot' } },
      { name: 'nixos_option_get', args: { option: 'services..web' } },
    ])
    expect(enable.output).toMatchObject({
      kind: 'option',
      type: 'boolean',
      description: 'Whether to run the web service.',
      value: { known: true, value: true },
      default: { known: true, value: false },
      overlay: false,
    })
    expect(enable.output.files[0]).toMatch(/configuration\.nix$/)
    expect(group.output).toMatchObject({ kind: 'set', children: ['enable', 'hosts', 'port', 'seconds'] })
    expect(missing.error).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('services.web has enable, hosts, port, seconds.'),
    })
    expect(malformed.error.code).toBe('invalid_arguments')
  })

  it('nixos_option_set holds the value against the type and the assertions before it writes anything', async () => {
    const [type, range, contradiction, readOnly, group, read] = await steps([
      { name: 'nixos_option_set', args: { option: 'services.web.enable', value: 'yes', apply: false } },
      { name: 'nixos_option_set', args: { option: 'services.web.port', value: 70_000, apply: false } },
      { name: 'nixos_option_set', args: { option: 'services.web.port', value: 22, apply: false } },
      { name: 'nixos_option_set', args: { option: 'system.nixos.version', value: '26.05', apply: false } },
      { name: 'nixos_option_set', args: { option: 'services.web', value: {}, apply: false } },
      { name: 'nixos_overlay_read' },
    ])
    expect(type.error).toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringContaining("is not of type `boolean'"),
    })
    expect(range.error.message).toContain('16 bit unsigned integer')
    expect(contradiction.error.message).toContain('The port 22 belongs to ssh.')
    expect(readOnly.error.message).toContain('read-only')
    expect(group.error.message).toContain('is a group of options: enable, hosts, port, seconds')
    expect(read.output).toMatchObject({ settings: [], history: [], total: 0 })
  })

  it('nixos_option_set shows a diff, sets the option in the overlay alone, keeps history, and can be undone', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how Nix writes an interpolation.
    const hostile = ['a.example', '"; ${builtins.abort "no"} \n']
    const [preview, set, seen, again, read, undone, after, moved] = await steps([
      { name: 'nixos_option_set', args: { option: 'services.web.port', value: 8080, apply: false }, only: 'preview' },
      {
        name: 'nixos_option_set',
        args: { option: 'services.web.port', value: 8080, apply: false, reason: 'A proxy.' },
      },
      { name: 'nixos_option_get', args: { option: 'services.web.port' } },
      { name: 'nixos_option_set', args: { option: 'services.web.hosts', value: hostile, apply: false } },
      { name: 'nixos_overlay_read' },
      { undo: 1 },
      { name: 'nixos_option_get', args: { option: 'services.web.port' } },
      { undo: 1 },
    ])
    expect(preview.effects.join(' ')).toContain(
      'The configuration evaluates with it, and services.web.port is 8080 then.',
    )
    expect(preview.diff).toContain('+      "value": 8080')
    expect(set.output).toMatchObject({ option: 'services.web.port', valueBefore: null, value: 8080, applied: 'no' })
    expect(seen.output).toMatchObject({ value: { value: 8080 }, overlay: true })
    expect(again.output.value).toEqual(hostile)
    expect(read.output.settings).toMatchObject([
      { option: 'services.web.hosts', value: hostile },
      { option: 'services.web.port', value: 8080, setBy: 'tester', reason: 'A proxy.' },
    ])
    expect(read.output.history.map(({ message }: Answer) => message)).toEqual([
      expect.stringMatching(/^Set services\.web\.hosts to /),
      'Set services.web.port to 8080',
    ])
    expect(undone.error).toBeUndefined()
    expect(after.output).toMatchObject({ value: { value: 80 }, overlay: false })
    expect(moved.error.code).toBe('world_moved_on')
    const { stdout } = await host.run([
      'sh',
      '-c',
      `diff -r -x castellan -x template -x overlay.nix ${here('../fixtures/flake')} /srv/web && echo untouched`,
    ])
    expect(stdout).toContain('untouched')
  })

  it('nixos_build builds with progress, says what changes, and nothing is left of it when it is stopped', async () => {
    const [unset, built] = await steps([
      { name: 'nixos_option_unset', args: { option: 'services.web.hosts', apply: false } },
      { name: 'nixos_build', args: { offline: true } },
    ])
    expect(unset.error).toBeUndefined()
    expect(built.error).toBeUndefined()
    expect(built.output).toMatchObject({
      built: 1,
      sameAsRunning: false,
      path: expect.stringMatching(/^\/nix\/store\/.*-nixos-system-web-25\.11$/),
    })
    const stop = here('../support/stop-build.ts')
    const { stdout } = await host.run([process.execPath, '--conditions=source', stop, JSON.stringify(settings)])
    expect(JSON.parse(stdout)).toEqual({
      code: 'cancelled',
      said: expect.stringContaining('building the system'),
      left: [],
    })
  })

  it('generation_diff names units and size; generation_prune keeps what is needed', async () => {
    const { fails, good } = host.systems
    for (const path of [fails, good, host.systems.old]) {
      await host.run([
        'nix-env',
        '-p',
        '/nix/var/nix/profiles/system',
        '--option',
        'substitute',
        'false',
        '--set',
        path as string,
      ])
    }
    const [diff, none, preview, pruned, list] = await steps([
      { name: 'generation_diff', args: { to: 3 } },
      { name: 'generation_diff', args: { to: 99 } },
      { name: 'generation_prune', args: { keep: 1, olderThanDays: 0 }, only: 'preview' },
      { name: 'generation_prune', args: { keep: 1, olderThanDays: 0 } },
      { name: 'generation_list' },
    ])
    expect(diff.output).toMatchObject({
      to: { generation: 3, path: good },
      units: { changed: ['web.service'], restarted: ['web.service'], added: [] },
    })
    expect(diff.output.closureBytesAfter).toBeGreaterThan(1000)
    expect(none.error).toMatchObject({ code: 'not_found' })
    expect(preview.effects.join(' ')).toContain('Forgets generation 2')
    expect(pruned.output.pruned.map(({ number }: Answer) => number)).toEqual([3, 2])
    expect(pruned.output.kept).toEqual([
      { number: 4, why: 'current' },
      { number: 1, why: 'running' },
    ])
    expect(list.output.generations.map(({ number }: Answer) => number)).toEqual([4, 1])
  })

  it('the store is measured, verified and cleaned of what nothing needs', async () => {
    const { stdout } = await host.run([
      'sh',
      '-c',
      'head -c 100000 /dev/zero > /tmp/waste && nix-store --add /tmp/waste',
    ])
    const waste = stdout.trim()
    const [usage, preview, collected, again, sound] = await steps([
      { name: 'store_usage' },
      { name: 'store_gc', only: 'preview' },
      { name: 'store_gc' },
      { name: 'store_gc' },
      { name: 'store_verify', args: { contents: true } },
    ])
    expect(usage.error).toBeUndefined()
    expect(usage.output.deadBytes).toBeGreaterThan(100_000)
    expect(preview.effects).toContain(waste)
    expect(collected.output.freedBytes).toBeGreaterThan(100_000)
    expect(again.summary).toBe('There was nothing to free.')
    expect(sound.output).toMatchObject({ ok: true, damaged: [] })
    const old = host.systems.old as string
    await host.run(['sh', '-c', `chmod u+w ${old} && echo tampered > ${old}/nixos-version`])
    const [damaged] = await steps([{ name: 'store_verify', args: { contents: true } }])
    expect(damaged.output).toMatchObject({ ok: false, damaged: [{ path: old, problem: 'modified' }] })
    await host.run(['sh', '-c', `echo 25.11 > ${old}/nixos-version`])
  })

  it('drift_report and package_list tell what is not of the system', async () => {
    await host.run([
      'sh',
      '-c',
      'mkdir -p /etc/systemd/system.control/web.service.d && printf "[Service]\\nNice=5\\n" > /etc/systemd/system.control/web.service.d/50-Nice.conf',
    ])
    await host.run([
      'sh',
      '-c',
      'mkdir /tmp/hello-2.12 && nix-env -p /nix/var/nix/profiles/per-user/root/profile --option substitute false --set $(nix-store --add /tmp/hello-2.12) || true',
    ])
    const [drift, packages, profiles] = await steps([
      { name: 'drift_report', args: { kinds: ['unit_override', 'running', 'user_package'] } },
      { name: 'package_list', args: { scope: 'closure' } },
      { name: 'package_list', args: { scope: 'profiles' } },
    ])
    expect(drift.output.drift).toEqual([
      expect.objectContaining({
        kind: 'unit_override',
        subject: '/etc/systemd/system.control/web.service.d/50-Nice.conf',
      }),
    ])
    expect(packages.error).toBeUndefined()
    expect(profiles.error).toBeUndefined()
  })

  it('package_search finds by words in the attribute, and leaves out what is no package or fails', async () => {
    const [found, limited, none] = await steps([
      { name: 'package_search', args: { query: 'NGINX' } },
      { name: 'package_search', args: { query: 'nginx', limit: 1 } },
      { name: 'package_search', args: { query: 'nginx "; abort' } },
    ])
    expect(found.error).toBeUndefined()
    expect(found.output).toEqual({
      packages: [
        { attribute: 'nginx', name: 'nginx', version: '1.28.0', description: 'Web server and reverse proxy' },
        { attribute: 'nginxMainline', name: 'nginx', version: '1.29.3', description: 'Web server and reverse proxy' },
      ],
      truncated: false,
    })
    expect(limited.output.packages).toHaveLength(1)
    expect(none.summary).toMatch(/^No package has/)
  })

  it('flake_status reads the lock, and flake_update says that it needs network', async () => {
    const lock = {
      version: 7,
      root: 'root',
      nodes: {
        root: { inputs: { nixpkgs: 'nixpkgs' } },
        nixpkgs: {
          locked: {
            type: 'github',
            owner: 'NixOS',
            repo: 'nixpkgs',
            rev: 'a'.repeat(40),
            narHash: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
            lastModified: 1_760_000_000,
          },
          original: { type: 'github', owner: 'NixOS', repo: 'nixpkgs', ref: 'nixos-25.11' },
        },
      },
    }
    const flake = { flake: '/srv/locked', configuration: 'web', overlayDir: '/srv/locked/castellan' }
    const text = `{ inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11"; outputs = inputs: { }; }`
    await host.run([
      'sh',
      '-c',
      `mkdir -p /srv/locked && printf %s '${text}' > /srv/locked/flake.nix && printf %s '${JSON.stringify(lock)}' > /srv/locked/flake.lock`,
    ])
    // Nobody answers names here, at once.
    await host.run(['sh', '-c', 'echo nameserver 127.0.0.1 > /etc/resolv.conf'])
    const [status, unknown, update, search] = await steps(
      [
        { name: 'flake_status' },
        { name: 'flake_update', args: { inputs: ['nixpkg'] } },
        { name: 'flake_update' },
        { name: 'package_search', args: { query: 'nginx' } },
      ],
      flake,
    )
    expect(status.output).toMatchObject({
      locked: true,
      inputs: [
        {
          name: 'nixpkgs',
          reference: 'github:NixOS/nixpkgs/nixos-25.11',
          revision: 'a'.repeat(40),
          lastModifiedAt: '2025-10-09T08:53:20.000Z',
        },
      ],
    })
    expect(unknown.error).toMatchObject({ code: 'not_found', message: expect.stringContaining('It has nixpkgs') })
    expect(update.error).toMatchObject({ code: 'command_failed', message: expect.stringContaining('network') })
    expect(search.error.code).toMatch(/unsupported_host|command_failed/)
    const [nothing] = await steps([{ name: 'flake_update' }])
    expect(nothing.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('has no inputs') })
    expect((await host.run(['cat', '/srv/locked/flake.lock'])).stdout).toBe(JSON.stringify(lock))
  })
})

describe('the NixOS and SafeSwitch tools, on a host that is none', () => {
  const tools: Readonly<Record<string, Record<string, unknown>>> = {
    generation_diff: {},
    generation_switch: { number: 1 },
    generation_rollback: {},
    generation_prune: {},
    switch_begin: { path: `/nix/store/${'a'.repeat(32)}-nixos-system` },
    nixos_option_get: { option: 'services.nginx.enable' },
    nixos_option_set: { option: 'services.nginx.enable', value: true },
    nixos_build: {},
    flake_status: {},
    flake_update: {},
    package_search: { query: 'nginx' },
    package_list: {},
    store_verify: {},
    drift_report: {},
  }
  for (const [name, args] of Object.entries(tools)) {
    it(`${name} says why it cannot`, async () => {
      await using machine = await openMachine()
      await expect(machine.call(name, args)).rejects.toMatchObject({
        code: 'unsupported_host',
        message: expect.stringMatching(/NixOS|Nix |systemd/),
      })
    })
  }

  it('switch_list, switch_status and nixos_overlay_read have nothing to tell', async () => {
    await using machine = await openMachine()
    expect((await machine.call('switch_list')).summary).toBe('No switch was made on this host yet.')
    expect((await machine.call('nixos_overlay_read')).summary).toMatch(/sets nothing/)
    await expect(machine.call('switch_status')).rejects.toMatchObject({ code: 'not_found' })
    await expect(machine.call('switch_rollback')).rejects.toMatchObject({ code: 'not_found' })
    await expect(machine.call('nixos_option_unset', { option: 'a.b' })).rejects.toMatchObject({ code: 'not_found' })
  })
})
