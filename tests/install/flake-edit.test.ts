import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { run, withParts } from './support/run.ts'

const hasNix = requires.command('nix-instantiate', 'nix-bin')

/** Shapes that people write, the host's modules in each. */
const flakes: Readonly<Record<string, string>> = {
  'as the manual writes it': `{
  description = "a host";
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  };
  outputs = { self, nixpkgs, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [ ./configuration.nix ];
    };
  };
}
`,
  'with dotted inputs and @inputs': `{
  inputs.nixpkgs.url = "nixpkgs";
  outputs = { self, nixpkgs, ... }@inputs: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      modules = [
        # what this host is
        ./configuration.nix
      ];
    };
  };
}
`,
  'with inputs@ before the braces': `{
  inputs.nixpkgs = { url = "nixpkgs"; };
  outputs = inputs@{ nixpkgs, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem { modules = [ ./configuration.nix ]; };
  };
}
`,
  'with a plain name': `{
  inputs.nixpkgs.url = "nixpkgs";
  outputs = inputs: {
    nixosConfigurations.web = inputs.nixpkgs.lib.nixosSystem {
      modules = [ ./configuration.nix ];
    };
  };
}
`,
  'as nixfmt lays it out': `{
  inputs = { nixpkgs.url = "nixpkgs"; };

  outputs =
    {
      self,
      nixpkgs,
    }:
    {
      nixosConfigurations.web = nixpkgs.lib.nixosSystem {
        modules =  [ ./configuration.nix ];
      };
    };
}
`,
  'without inputs of its own': `{
  outputs = { self, nixpkgs }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem { modules = [ ./configuration.nix ]; };
  };
}
`,
}

async function edited(text: string, reference = 'path:/srv/castellan') {
  const file = join(temporaryFolder(), 'a flake.nix')
  writeFileSync(file, text)
  return withParts('edit_flake "$1" "$2"', [file, reference])
}

async function cleaned(text: string) {
  const file = join(temporaryFolder(), 'flake.nix')
  writeFileSync(file, text)
  return withParts('clean_flake "$1"', [file])
}

for (const [shape, text] of Object.entries(flakes)) {
  it(`adds the input, the argument and the module to a flake ${shape}, and takes them out again`, async () => {
    const { code, stdout } = await edited(text)
    expect(code).toBe(0)
    expect(stdout.match(/castellan = \{ url = "path:\/srv\/castellan";/g)).toHaveLength(1)
    expect(stdout.match(/castellan\.nixosModules\.default \.\/castellan\.nix/g)).toHaveLength(1)
    const follows = shape === 'without inputs of its own' ? 0 : 1
    expect(stdout.match(/inputs\.nixpkgs\.follows = "nixpkgs"/g) ?? []).toHaveLength(follows)
    const back = await cleaned(stdout)
    expect(back.stdout.replace(/\s+/g, ' ')).toBe(text.replace(/\s+/g, ' '))
  })
}

hasNix.describe('held against nix', () => {
  /** What the flake is as nix reads it: a function over stand-ins, so that inputs and modules can be looked at. */
  const look = `
    let
      flake = import FILE;
      nixpkgs.lib.nixosSystem = { modules, ... }: { inherit modules; };
      castellan.nixosModules.default = "castellan's module";
      all = { self = { }; inherit nixpkgs castellan; };
      outputs = flake.outputs (if builtins.functionArgs flake.outputs == { } then all else builtins.intersectAttrs (builtins.functionArgs flake.outputs) all);
    in {
      inputs = builtins.attrNames (flake.inputs or { });
      modules = map toString outputs.nixosConfigurations.web.modules;
    }`

  for (const [shape, text] of Object.entries(flakes)) {
    it(`makes of a flake ${shape} one that means what it should`, async () => {
      const { stdout } = await edited(text)
      const file = join(temporaryFolder(), 'flake.nix')
      writeFileSync(file, stdout)
      const argv = ['nix-instantiate', '--eval', '--strict', '--json', '--expr', look.replace('FILE', file)]
      const answer = await run(argv, { env: { HOME: temporaryFolder(), NIX_STATE_DIR: temporaryFolder() } })
      expect(answer.code, answer.stderr).toBe(0)
      const { inputs, modules } = JSON.parse(answer.stdout)
      expect(inputs).toContain('castellan')
      expect(modules[0]).toBe("castellan's module")
      expect(modules[1]).toMatch(/\/castellan\.nix$/)
      expect(modules[2]).toMatch(/\/configuration\.nix$/)
    })
  }
})

describe('what it does not understand', () => {
  const cases: Readonly<Record<string, string>> = {
    'two lists of modules': '{\n outputs = { self, nixpkgs }: {\n a.modules = [ ];\n b.modules = [ ];\n};\n}\n',
    'no modules': '{\n outputs = { self }: { };\n}\n',
    'everything on one line': '{ inputs = { }; outputs = { self }: { a.modules = [ ]; }; }\n',
    'no outputs': '{\n modules = [ ];\n}\n',
    'modules in a comment': '{\n outputs = { self }: {\n # modules = [ ];\n};\n}\n',
    'an empty file': '',
  }
  for (const [what, text] of Object.entries(cases)) {
    it(`leaves alone a flake with ${what}`, async () => {
      const { code, stdout } = await edited(text)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    })
  }
})
