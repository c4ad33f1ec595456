import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findCommand, requires, temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { nix } from '../../support/nixos/evaluate.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')
const vmTests = ['boots', 'chat-over-tls', 'failed-switch', 'killed-in-probation', 'reboot-in-probation']

/** What the flake's outputs give for an expression, with a stand-in in place of nixpkgs. */
async function flake<Value>(expression: string): Promise<Value> {
  const text = `
    let
      nixpkgs = (import ${repository}/nix/tests/stand-in/flake.nix).outputs { };
      self = (import ${repository}/flake.nix).outputs { inherit self nixpkgs; };
    in ${expression}`
  const args = ['--eval', '--strict', '--json', '--store', 'dummy://', '-E', text]
  const { stdout } = await run(findCommand('nix-instantiate') as string, args, { maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout) as Value
}

nix.describe('the flake', () => {
  test('offers packages, checks and a shell for both processors', async () => {
    const systems = ['aarch64-linux', 'x86_64-linux']
    for (const [output, names] of [
      ['packages', ['agentctl', 'default']],
      [
        'checks',
        ['boots', 'chat-over-tls', 'evaluation', 'failed-switch', 'killed-in-probation', 'reboot-in-probation'],
      ],
      ['devShells', ['default']],
    ] as const) {
      const found = await flake(`builtins.mapAttrs (_: builtins.attrNames) self.${output}`)
      expect(found).toEqual(Object.fromEntries(systems.map((system) => [system, names])))
    }
  })

  test('offers the module, the overlay and the template', async () => {
    expect(await flake('builtins.attrNames self.nixosModules')).toEqual(['default'])
    const overlaid = 'self.overlays.default (nixpkgs.legacyPackages.x86_64-linux) { }'
    expect(await flake(`builtins.mapAttrs (_: package: package.name) (${overlaid})`)).toEqual({
      agentctl: 'agentctl-0.1.0',
      castellan: 'castellan-0.1.0',
    })
    expect(await flake('toString self.templates.default.path')).toBe(join(repository, 'templates/server'))
  })

  test('fetches npm’s packages by a hash, and names no registry', async () => {
    const fixed = await flake<Record<string, { outputHash: string; outputHashMode: string; text: string }>>(`
      builtins.mapAttrs (_: pkgs: let deps = pkgs.callPackage ${repository}/nix/npm-deps.nix { }; in {
        inherit (deps) outputHash outputHashMode; text = deps.buildPhase; }) nixpkgs.legacyPackages`)
    const [arm, intel] = [fixed['aarch64-linux'], fixed['x86_64-linux']]
    expect(intel?.outputHash).toMatch(/^sha256-/)
    expect(arm?.outputHash).not.toBe(intel?.outputHash)
    expect(intel?.outputHashMode).toBe('recursive')
    expect(intel?.text).not.toMatch(/https?:/)
  })

  test('has VM tests that evaluate as far as they can without nixpkgs', async () => {
    const found = readdirSync(join(repository, 'nix/tests/vm')).map((name) => name.replace('.nix', ''))
    expect(found.filter((name) => name !== 'server').sort()).toEqual(vmTests)
    for (const name of vmTests) {
      const test = `(import ${repository}/nix/tests/vm/${name}.nix { castellan = self.nixosModules.default; })`
      expect(await flake(`${test}.name`)).toBe(`castellan-${name}`)
      expect(await flake(`${test}.testScript`)).toContain('server.wait_for_unit("')
    }
  })
})

nix.test('the template’s configuration breaks no assertion, and warns of nothing', async () => {
  const verdict = await flake(`
    let inherit ((nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [ self.nixosModules.default ${repository}/templates/server/configuration.nix ${repository}/templates/server/hardware-configuration.nix ];
    }).config) assertions warnings rendered;
    in { inherit warnings; broken = builtins.filter (one: !one.assertion) assertions; hasNginx = rendered.nginx != null; }`)
  expect(verdict).toEqual({ warnings: [], broken: [], hasNginx: true })
})

nix.and(requires.root()).test('nix itself evaluates the flake, offline and with another nixpkgs', async () => {
  const copy = temporaryFolder()
  // Not the whole tree: nix would copy every package that is installed in it.
  for (const part of ['flake.nix', 'modules', 'nix', 'templates', 'package.json']) {
    cpSync(join(repository, part), join(copy, part), { recursive: true })
  }
  mkdirSync(join(copy, 'packages'))
  const { stdout } = await run(findCommand('nix') as string, [
    ...['eval', '--extra-experimental-features', 'nix-command flakes', '--offline', '--no-write-lock-file', '--json'],
    ...['--override-input', 'nixpkgs', `path:${copy}/nix/tests/stand-in`],
    `path:${copy}#packages`,
    ...['--apply', 'builtins.mapAttrs (_: builtins.mapAttrs (_: package: package.name))'],
  ])
  const packages = { agentctl: 'agentctl-0.1.0', default: 'castellan-0.1.0' }
  expect(JSON.parse(stdout)).toEqual({ 'aarch64-linux': packages, 'x86_64-linux': packages })
})
