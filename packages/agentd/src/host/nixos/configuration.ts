import { access } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'

/** Where the owner's NixOS configuration is, as agentd is told. What is absent is looked for in the usual places. */
export interface NixosSettings {
  /** A folder with a flake.nix, or a flake reference. */
  readonly flake?: string | undefined
  /** Name under `nixosConfigurations`; that of the host without it. */
  readonly configuration?: string | undefined
  /** Folder of nixpkgs, for a configuration without a flake. */
  readonly nixpkgs?: string | undefined
  /** Folder of the overlay that nixos_option_set writes. */
  readonly overlayDir: string
}

const etcNixos = '/etc/nixos'
/** What evaluating {@link Source.packages} fails with where the configuration brings no packages. */
export const noNixpkgs = 'castellan: no nixpkgs'
const rootChannel = '/nix/var/nix/profiles/per-user/root/channels/nixos'

/** A configuration that can be evaluated. */
export interface Source {
  readonly kind: 'flake' | 'channel'
  /** For people: `flake /etc/nixos, configuration web`. */
  readonly words: string
  /** Nix text that evaluates to the system: it has `config`, `options` and perhaps `extendModules`. */
  readonly expression: string
  /** Nix text that evaluates to nixpkgs' packages for this host; null where nothing is known of them. */
  readonly packages: string | null
  /** Folder of the flake where it is one on this host. */
  readonly folder: string | null
}

/** Finds the configuration. Throws `unsupported_host`, saying what was looked for. */
export async function findSource({ flake, configuration, nixpkgs }: NixosSettings): Promise<Source> {
  const name = configuration ?? hostname()
  if (flake !== undefined) return fromFlake(flake, name)
  if (await exists(join(etcNixos, 'flake.nix'))) return fromFlake(etcNixos, name)
  const folder = nixpkgs ?? rootChannel
  if ((await exists(join(etcNixos, 'configuration.nix'))) && (await exists(join(folder, 'nixos/default.nix')))) {
    return {
      kind: 'channel',
      words: `${etcNixos}/configuration.nix with nixpkgs from ${folder}`,
      expression: `(import (/. + ${nixString(`${folder}/nixos`)}) { configuration = /. + ${nixString(`${etcNixos}/configuration.nix`)}; })`,
      packages: `(import (/. + ${nixString(folder)}) { })`,
      folder: null,
    }
  }
  throw new CastellanError(
    'unsupported_host',
    `This host has no NixOS configuration that can be evaluated: neither ${etcNixos}/flake.nix, nor ${etcNixos}/configuration.nix ` +
      `with nixpkgs in ${folder}. On NixOS this works; elsewhere name a flake as nixos.flake in agentd's configuration.`,
  )
}

function fromFlake(reference: string, name: string): Source {
  const folder = isAbsolute(reference) ? reference : null
  // A folder as it stands, whether or not git knows every file in it: the overlay is one that git may not know.
  const url = folder === null ? reference : `path:${folder}`
  const flake = `(builtins.getFlake ${nixString(url)})`
  const expression = `${flake}.nixosConfigurations.${nixString(name)}`
  return {
    kind: 'flake',
    words: `flake ${reference}, configuration ${name}`,
    expression,
    packages: `(${expression}.pkgs or (${flake}.inputs.nixpkgs or (throw "${noNixpkgs}")).legacyPackages.\${builtins.currentSystem})`,
    folder,
  }
}

/** A Nix string literal with nothing interpolated. */
export function nixString(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('${', '\\${').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`
}

/** JSON as a Nix expression: builtins.fromJSON of a string, so that no value can be anything but a value. */
export function nixValue(value: unknown): string {
  return `(builtins.fromJSON ${nixString(JSON.stringify(value))})`
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
