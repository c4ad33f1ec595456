import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import { unitTexts } from './units.ts'

/** Something on the host that is not as its system says. */
export interface Drift {
  readonly kind:
    | 'etc_changed'
    | 'etc_missing'
    | 'etc_extra'
    | 'unit_override'
    | 'user_package'
    | 'kernel'
    | 'boot'
    | 'running'
  readonly subject: string
  readonly message: string
}

/** What programs and people rightly write in /etc on NixOS; it is no drift. */
const mutable =
  /^(\.clean|\.updated|\.pwd\.lock|NIXOS|adjtime|passwd-?|group-?|shadow-?|gshadow-?|subuid-?|subgid-?|machine-id|resolv\.conf|resolv\.conf\.bak|hostname|localtime|mtab|ld\.so\.cache|nixos(\/.*)?|ssh\/ssh_host_.*|ssl(\/.*)?|systemd\/system(\/.*)?|systemd\/network(\/.*)?|credstore.*|cups(\/.*)?|NetworkManager\/system-connections(\/.*)?|static|tmpfiles\.d)$/
const MOST_ENTRIES = 20_000
const MOST_DEPTH = 6

/** Compares /etc and the units with what the running system put there, by content. `root` is `/etc` except in tests. */
export async function etcDrift(system: string, signal: AbortSignal, root = '/etc'): Promise<Drift[]> {
  const found: Drift[] = []
  const known = await filesBelow(join(system, 'etc'), signal)
  const own = new Set(known.map((name) => name.replace(/\.(mode|uid|gid)$/, '')))
  for (const name of known) {
    if (/\.(mode|uid|gid)$/.test(name) || mutable.test(name)) continue
    const path = join(root, name)
    const actual = await contentOf(path)
    if (actual === null) found.push({ kind: 'etc_missing', subject: path, message: `${path} of the system is gone.` })
    else if (!actual.equals((await contentOf(join(system, 'etc', name))) ?? Buffer.alloc(0))) {
      found.push({ kind: 'etc_changed', subject: path, message: `${path} is not what the system put there.` })
    }
  }
  for (const name of await filesBelow(root, signal)) {
    if (own.has(name) || mutable.test(name)) continue
    const path = join(root, name)
    const target = await readlink(path).catch(() => '')
    if (/^\/(etc\/static|nix\/store|run\/current-system)\//.test(target)) continue
    found.push({
      kind: 'etc_extra',
      subject: path,
      message: `${path} is in no system; somebody or some program made it.`,
    })
  }
  return found
}

/** Units and drop-ins in the folders that win over the system's own (systemd.unit(5)), where they say something else. */
export async function unitDrift(system: string, signal: AbortSignal): Promise<Drift[]> {
  const found: Drift[] = []
  const own = await unitTexts(system, signal)
  for (const folder of [
    '/etc/systemd/system.control',
    '/run/systemd/system.control',
    '/run/systemd/system',
    '/etc/systemd/system',
  ]) {
    // On NixOS the last one is the system's own folder.
    if ((await realpath(folder).catch(() => folder)).startsWith('/nix/store/')) continue
    for (const name of await readdir(folder).catch(() => [])) {
      signal.throwIfAborted()
      const path = join(folder, name)
      const stats = await lstat(path).catch(() => null)
      if (stats === null || (stats.isSymbolicLink() && (await readlink(path)).startsWith('/nix/store/'))) continue
      if (stats.isDirectory()) {
        if (!name.endsWith('.d')) continue
        for (const dropIn of await readdir(path)) {
          if (dropIn.endsWith('.conf')) found.push(override(join(path, dropIn), name.slice(0, -2)))
        }
      } else if (/\.(service|socket|timer|mount|path|target|slice)$/.test(name)) {
        const text = (await contentOf(path))?.toString()
        if (text !== own.get(name)) found.push(override(path, name))
      }
    }
  }
  return found
}

function override(path: string, unit: string): Drift {
  return { kind: 'unit_override', subject: path, message: `${path} changes ${unit}, and is not of the system.` }
}

/** Whether what runs, what boots and what booted are one system, and the kernel the one it brings. */
export async function bootDrift(systems: {
  readonly running: string
  readonly profile: string | null
  readonly booted: string | null
}): Promise<Drift[]> {
  const { running, profile, booted } = systems
  const found: Drift[] = []
  if (profile !== null && profile !== running) {
    found.push({
      kind: 'running',
      subject: running,
      message: `What runs is not what boots: the next boot starts ${profile}.`,
    })
  }
  if (booted !== null && booted !== running) {
    found.push({ kind: 'boot', subject: booted, message: `The host was switched since it booted ${booted}.` })
  }
  const modules: string[] = await readdir(join(running, 'kernel-modules/lib/modules')).catch(() => [])
  if (modules.length > 0 && !modules.includes(release())) {
    const message = `The kernel ${release()} runs, and the system brings ${modules.join(', ')}: only a boot brings that into use.`
    found.push({ kind: 'kernel', subject: release(), message })
  }
  return found
}

/** Names of files and links below a folder, at most so many; folders are followed, links inside are not. */
async function filesBelow(folder: string, signal: AbortSignal): Promise<string[]> {
  const names: string[] = []
  const visit = async (relative: string, depth: number): Promise<void> => {
    signal.throwIfAborted()
    const path = join(folder, relative)
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      if (names.length >= MOST_ENTRIES) return
      const name = relative === '' ? entry.name : `${relative}/${entry.name}`
      if (entry.isDirectory() && depth < MOST_DEPTH) await visit(name, depth + 1)
      else if (entry.isFile() || entry.isSymbolicLink()) names.push(name)
    }
  }
  await visit('', 0)
  return names
}

/** Bytes of a file, through links; of a folder an empty text, so that folders count as equal. Null where there is nothing. */
async function contentOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR' ? Buffer.alloc(0) : null
  }
}
