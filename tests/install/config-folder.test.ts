import { chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { run, withParts } from './support/run.ts'

const flake = `{
  inputs.nixpkgs.url = "nixpkgs";
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem { modules = [ ./configuration.nix ]; };
  };
}
`

/** A folder with a configuration, and one like /etc/nixos that leads to it by a link. */
function configuration(): { folder: string; linked: string; work: string } {
  const at = temporaryFolder()
  const [folder, linked, work] = ["ada's dotfiles", 'etc', 'work'].map((name) => join(at, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [folder, linked, work]) mkdirSync(path)
  writeFileSync(join(folder, 'flake.nix'), flake)
  symlinkSync(join(folder, 'flake.nix'), join(linked, 'flake.nix'))
  return { folder, linked, work }
}

const inFolder = (line: string, config: string, work: string) =>
  withParts(`config_dir=$1 work=$2 configuration=web reference=path:/srv/castellan\n${line}`, [config, work])

describe('the folder of the configuration', () => {
  it('is that which a flake.nix leads to that is a link', async () => {
    const { folder, linked, work } = configuration()
    const { stdout } = await inFolder('follow_links; printf %s "$config_dir"', linked, work)
    expect(stdout).toBe(folder)
  })

  it('is not written to by editing the copy, whatever in it is a link', async () => {
    const { folder, linked, work } = configuration()
    const { code, stderr } = await inFolder('edit_copy', linked, work)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(readFileSync(join(folder, 'flake.nix'), 'utf8')).toBe(flake)
    expect(readFileSync(join(work, 'config/flake.nix'), 'utf8')).toContain('castellan.nixosModules.default')
  })

  it('is not copied where it lies in a repository that git does not read', async () => {
    const { folder, work } = configuration()
    mkdirSync(join(folder, '.git'))
    mkdirSync(join(folder, 'hosts'))
    writeFileSync(join(folder, 'hosts/flake.nix'), flake)
    writeFileSync(join(folder, 'hosts/secret'), 'hunter2')
    const { code, stderr } = await inFolder('copy_config', join(folder, 'hosts'), work)
    expect(code).toBe(3)
    expect(stderr).toContain('git cannot read the repository')
    expect((await run(['ls', join(work, 'source')])).stdout).toBe('')
  })

  requires.root().test('keeps its owner and modes when files of it are replaced', async () => {
    const { folder, work } = configuration()
    chownSync(folder, 1234, 1234)
    chownSync(join(folder, 'flake.nix'), 1234, 1234)
    await inFolder(
      'printf new > "$2/new"; replace "$2/new" "$1/flake.nix"; replace "$2/new" "$1/castellan.nix"',
      folder,
      work,
    )
    const { stdout } = await run(['stat', '-c', '%u:%g %a', join(folder, 'flake.nix'), join(folder, 'castellan.nix')])
    expect(stdout).toBe('1234:1234 644\n1234:1234 644\n')
  })
})
