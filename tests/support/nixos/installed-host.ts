import type { ChildProcessByStdio } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { requires } from '@castellan/testing'
import { ThrowawayHost, throwawayHost, throwawayRoot } from '../throwaway-host/host.ts'
import { nix, type Rendered, render } from './evaluate.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')
/** Where Castellan is in the host. Not at its path on this machine: that may be in a home, which the units do not see. */
const place = '/opt/castellan'

/** What tests need that run the module's units. */
export const installedHost = throwawayHost
  .and(nix)
  .and(requires.file(join(throwawayRoot, 'usr/sbin/nginx'), 'run tests/support/throwaway-host/build.sh again'))
  .and(requires.file(join(throwawayRoot, 'usr/sbin/nft'), 'run tests/support/throwaway-host/build.sh again'))

/** A connection, as a process's input and output. */
export type Relay = ChildProcessByStdio<Writable, Readable, null>

/** A throwaway host on which everything is as the module would have it on NixOS: units, users, files, nginx. */
export class InstalledHost implements AsyncDisposable {
  readonly host: ThrowawayHost
  readonly rendered: Rendered
  readonly #folder: string

  private constructor(host: ThrowawayHost, rendered: Rendered, folder: string) {
    this.host = host
    this.rendered = rendered
    this.#folder = folder
  }

  /** Installs, and starts nothing: a test may prepare more, then {@link start}. `configuration` is as in {@link render}. */
  static async install(configuration = ''): Promise<InstalledHost> {
    const { rendered, folder, readOnly } = await makeInstaller(configuration)
    const host = await ThrowawayHost.start({ readOnly, filters: true })
    const installed = new InstalledHost(host, rendered, folder)
    try {
      await host.run(install)
      return installed
    } catch (error) {
      await installed[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Starts what a boot would start, and waits until all of it says that it is ready. */
  async start(): Promise<void> {
    const wanted = Object.entries(this.rendered.wants).filter(([, { wantedBy }]) => wantedBy.length > 0)
    await this.host.run(['systemctl', 'start', ...wanted.map(([unit]) => unit)])
    if (this.rendered.nginx !== null) await this.host.run(['systemctl', 'start', 'nginx'])
  }

  /** Standard output of a script in the host, run by root. */
  async shell(script: string): Promise<string> {
    return (await this.host.run(['sh', '-ec', script])).stdout
  }

  /** Like {@link shell}, for a script of any length. */
  async script(text: string): Promise<string> {
    await writeFile(join(this.#folder, 'script.sh'), text)
    return (await this.host.run(['sh', '-e', '/opt/install/script.sh'])).stdout
  }

  /** A connection from a network of the host to `address` and `port`, from an address there: as a process's input and output. */
  relay([network, ...where]: readonly [string, string, string, string]): Relay {
    return this.host.open(['nsenter', `--net=${network}`, ...relayTo(where)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Run in a host that has an installer's folders, connects its input and output with an address and a port, from an address. */
export function relayTo(where: readonly [address: string, port: string, from: string]): string[] {
  return [nodeInside(), `${place}/source/tests/support/nixos/relay.ts`, ...where]
}

/** Run in a host that has an installer's folders, installs what the module says; again after each boot of it. */
export const install = ['sh', '-e', '/opt/install/install.sh']

interface Installer {
  readonly rendered: Rendered
  /** Of this machine; who made the installer removes it. */
  readonly folder: string
  /** Folders that the host has to have, as {@link ThrowawayHost.start} takes them. */
  readonly readOnly: readonly string[]
}

/** Evaluates the module, and writes what installs the result in a host. `configuration` is as in {@link render}. */
export async function makeInstaller(configuration: string): Promise<Installer> {
  const rendered = await render({ configuration, package: place, write: true })
  const folder = await mkdtemp(join(tmpdir(), 'cst-installed-'))
  await writeInstaller(folder, rendered)
  const sources = `${repository}:${place}/source`
  return { rendered, folder, readOnly: [sources, `${folder}:/opt/install`, ...nodeOutside(), ...storeFiles(rendered)] }
}

/** Node, where it does not come with the repository's packages. */
function nodeOutside(): string[] {
  return process.execPath.startsWith(repository) ? [] : [`${process.execPath}:${place}/node`]
}

function nodeInside(): string {
  return process.execPath.startsWith(repository)
    ? `${place}/source/${relative(repository, process.execPath)}`
    : `${place}/node`
}

/** Scripts and rules that the units name: nix put them into this machine's store, and the host has one of its own. */
function storeFiles({ units }: Rendered): string[] {
  const text = Object.values(units).join('\n')
  return [...new Set(text.match(/\/nix\/store\/[a-z0-9]{32}-[\w.+-]+/g) ?? [])]
}

async function writeInstaller(folder: string, rendered: Rendered): Promise<void> {
  const write = async (path: string, text: string, mode = 0o644): Promise<void> => {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    await chmod(file, mode)
  }
  await chmod(folder, 0o755)
  for (const name of ['agentd', 'gateway', 'engine', 'airlock'])
    await write(`bin/castellan-${name}`, starter(name), 0o755)
  await write('bin/agentctl', starter('agentctl'), 0o755)
  for (const [unit, text] of Object.entries(rendered.units)) await write(`units/${unit}`, text)
  for (const [path, text] of Object.entries(rendered.etc)) await write(`etc/${path}`, text)
  await write('tmpfiles.conf', rendered.tmpfiles)
  if (rendered.nginx !== null) await write('nginx.conf', rendered.nginx)
  await write('install.sh', installScript(rendered))
}

/** Runs a package from source, as the package's own programs run what was built. */
function starter(name: string): string {
  return `#!/bin/sh\nexec ${nodeInside()} --conditions=source ${place}/source/packages/${name}/src/main.ts "$@"\n`
}

function installScript({ users, groups, wants, etc, copied, nginx }: Rendered): string {
  const links = Object.entries(wants).flatMap(([unit, { wantedBy, requiredBy }]) => [
    ...wantedBy.map((target) => [unit, `${target}.wants`] as const),
    ...requiredBy.map((target) => [unit, `${target}.requires`] as const),
  ])
  return [
    // What nixpkgs has in these packages' bin, and Debian elsewhere.
    'ln -sf /usr/sbin/nft /usr/bin/nft',
    `[ -x /usr/bin/kill ] || { printf '#!/bin/sh\\nkill "$@"\\n' > /usr/bin/kill && chmod 0755 /usr/bin/kill; }`,
    `cp -r /opt/install/bin ${place}/bin`,
    `ln -s ${place}/bin/agentctl /usr/bin/agentctl`,
    // As on NixOS: links to where the system is, but for files that want to be their own.
    ...Object.keys(etc).flatMap((path) => [
      `mkdir -p /etc/${dirname(path)}`,
      copied.includes(path)
        ? `install -m 0444 /opt/install/etc/${path} /etc/${path}`
        : `ln -s /opt/install/etc/${path} /etc/${path}`,
    ]),
    'cp /opt/install/units/* /etc/systemd/system/',
    ...links.flatMap(([unit, folder]) => [
      `mkdir -p /etc/systemd/system/${folder}`,
      `ln -sf /etc/systemd/system/${unit} /etc/systemd/system/${folder}/${unit}`,
    ]),
    ...Object.keys(groups).map((group) => `groupadd --system ${group}`),
    ...Object.entries(users).map(([user, group]) => `useradd --system --no-create-home --gid ${group} ${user}`),
    ...Object.entries(groups).flatMap(([group, members]) => members.map((member) => `gpasswd -a ${member} ${group}`)),
    'cp /opt/install/tmpfiles.conf /etc/tmpfiles.d/castellan.conf',
    'systemd-tmpfiles --create /etc/tmpfiles.d/castellan.conf',
    ...(nginx === null ? [] : ['cp /opt/install/nginx.conf /etc/nginx/nginx.conf']),
    'systemctl daemon-reload',
    '',
  ].join('\n')
}
