import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { SwitchHost } from '../../../packages/agentd/test/support/switch-host.ts'
import { root } from '../../support/castellan.ts'
import { script } from './run.ts'

const fixture = join(root, 'packages/agentd/test/fixtures/flake')

/** A configuration as people have one: inputs, outputs, one list of modules. nixpkgs is what the fixture brings. */
const flake = `{
  description = "web, a host";
  outputs = { self }:
    let
      # As nixpkgs does: a module without \`config\` is all configuration.
      whole = module: let value = if builtins.isPath module then import module else module;
        in if builtins.isAttrs value && !(value ? config || value ? options) then { config = value; } else module;
      nixosSystem = { modules }: (import ./lib.nix).system (map whole modules);
    in {
      nixosConfigurations.web = nixosSystem {
        modules = [ ./options.nix ./configuration.nix ./system.nix ];
      };
    };
}
`

/** What the host's system is made of: a template, and with Castellan its programs. */
const system = `{ lib, config, ... }: {
  config.system.build.toplevel = lib.mkOverride 10 (derivation {
    name = "nixos-system-web-25.11";
    system = builtins.currentSystem or "x86_64-linux";
    builder = "/bin/sh";
    PATH = "/usr/bin:/bin";
    template = ./template;
    castellan = if config.services.castellan.enable or false then "yes" else "";
    args = [ "-c" ''
      cp -r $template $out && chmod -R u+w $out
      if [ -n "$castellan" ]; then mkdir -p $out/sw/bin && ln -s /srv/bin/* $out/sw/bin/; fi
    '' ];
  });
}
`

/** Castellan as a flake, as far as a configuration sees it. */
const castellan = `{
  outputs = { self }: {
    nixosModules.default = { lib, ... }: {
      options.services.castellan.enable = lib.mkOption { type = lib.types.bool; default = false; description = "Whether Castellan runs."; };
    };
  };
}
`

const program = (name: string, main: string) => `cat > /srv/bin/${name} << 'PROGRAM'
#!/bin/sh
exec ${process.execPath} --conditions=source ${main} "$@"
PROGRAM
chmod +x /srv/bin/${name}`

export interface Installed {
  readonly code: number
  readonly out: string
}

/** A NixOS as far as install.sh sees it: a flake in /etc/nixos, a real store, systemd, switches that really happen. */
export class NixosHost implements AsyncDisposable {
  readonly host: SwitchHost

  private constructor(host: SwitchHost) {
    this.host = host
  }

  static async start(): Promise<NixosHost> {
    const host = new NixosHost(await SwitchHost.start())
    await host.prepare('good')
    return host
  }

  /** Everything as before an installation; what is built switches to a system made of `template`. */
  async prepare(template: string): Promise<void> {
    await this.host.backToOld()
    await this.sh(`
      systemctl stop castellan-install-guard 2> /dev/null || true
      rm -rf /etc/nixos /srv /var/lib/castellan /var/lib/castellan-install
      touch /etc/NIXOS
      mkdir -p /srv/bin /srv/castellan && cp -r ${fixture} /etc/nixos && chmod -R u+w /etc/nixos
      rm -rf /etc/nixos/template
      cp -r ${this.host.systems[template]} /etc/nixos/template && chmod -R u+w /etc/nixos/template
      ${program('castellan-agentd', join(root, 'packages/agentd/src/main.ts'))}
      ${program('agentctl', join(root, 'packages/agentctl/src/main.ts'))}`)
    await this.write('/etc/nixos/flake.nix', flake)
    await this.write('/etc/nixos/system.nix', system)
    await this.write('/srv/castellan/flake.nix', castellan)
  }

  async write(path: string, text: string): Promise<void> {
    const encoded = Buffer.from(text).toString('base64')
    await this.sh(`printf %s ${encoded} | base64 -d > ${path}`)
  }

  /** Runs install.sh in a unit of its own, as from a terminal that may go away, and waits for it. */
  async install(...args: string[]): Promise<Installed> {
    const unit = await this.begin(...args)
    return this.ended(unit)
  }

  /** Begins one; answers the name of its unit. */
  async begin(...args: string[]): Promise<string> {
    const unit = `installer-${randomBytes(4).toString('hex')}`
    const quoted = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ')
    // --wait would end with this connection; the unit is looked at instead.
    await this.sh(
      `systemd-run --quiet --unit=${unit} --property=Type=exec --property=RemainAfterExit=yes --property=StandardOutput=file:/run/${unit}.log ` +
        `--property=StandardError=inherit sh ${script} --config /etc/nixos --configuration web --input path:/srv/castellan --probation 1 ${quoted}`,
    )
    return unit
  }

  async ended(unit: string): Promise<Installed> {
    const { stdout } = await this.sh(`
      for i in $(seq 600); do
        case $(systemctl show --property=SubState --value ${unit}) in running | start*) sleep 0.1 ;; *) break ;; esac
      done
      systemctl show --property=ExecMainStatus --value ${unit}; cat /run/${unit}.log; systemctl stop ${unit} 2> /dev/null || true; systemctl reset-failed ${unit} 2> /dev/null || true`)
    const [code = '', ...rest] = stdout.split('\n')
    return { code: Number(code), out: rest.join('\n') }
  }

  sh(text: string): Promise<{ stdout: string; stderr: string }> {
    return this.host.run(['sh', '-ec', text])
  }

  async read(path: string): Promise<string> {
    return (await this.sh(`cat ${path} 2> /dev/null || true`)).stdout
  }

  async running(): Promise<string> {
    return (await this.sh('readlink -f /run/current-system')).stdout.trim()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.host[Symbol.asyncDispose]()
  }
}
