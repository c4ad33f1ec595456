import { lstat, readlink } from 'node:fs/promises'

/** The system's own folders; on merged-usr hosts most are links into /usr, on NixOS nearly all live in the store. */
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store']
/** What the dynamic linker, time zones and `/usr/bin/editor`-like links need. Nothing here tells who may do what. */
const systemFiles = ['/etc/ld.so.cache', '/etc/alternatives', '/etc/localtime', '/etc/os-release']
/** Links on NixOS that lead into the store. */
const systemLinks = ['/run/current-system', '/etc/static']

/** The bubblewrap arguments that show the host's programs, reading only, as links where the host has links. */
export async function systemView(): Promise<string[]> {
  const folders = await Promise.all(systemFolders.map(shown))
  const links = await Promise.all(systemLinks.map(async (path) => ((await isLink(path)) ? shown(path) : [])))
  return [...folders, ...links].flat().concat(systemFiles.flatMap((path) => ['--ro-bind-try', path, path]))
}

async function shown(path: string): Promise<string[]> {
  const stats = await lstat(path).catch(() => undefined)
  if (stats === undefined) return []
  if (stats.isSymbolicLink()) return ['--symlink', await readlink(path), path]
  return stats.isDirectory() ? ['--ro-bind', path, path] : []
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  )
}
