/** A package as the name of its store path tells: `/nix/store/…-nginx-1.26.2` is nginx in version 1.26.2. */
export interface StorePackage {
  readonly name: string
  /** Empty where the name has none, as with configuration files. */
  readonly version: string
}

/** Outputs of one package that have paths of their own; they are the same package. */
const outputs = /-(bin|dev|doc|debug|info|lib|man|out|static|py|terminfo|getent|dnsutils|host|xc)$/

/** As nix-env(1) reads names: the version begins after the first dash that no letter follows. */
export function packageOf(storePath: string): StorePackage {
  const base = storePath.slice(storePath.lastIndexOf('/') + 1).replace(/^[0-9a-z]{32}-/, '')
  const at = base.search(/-[^A-Za-z]/)
  if (at < 0) return { name: base.replace(outputs, ''), version: '' }
  return { name: base.slice(0, at), version: base.slice(at + 1).replace(outputs, '') }
}

export interface PackageChange {
  readonly name: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

export interface PackageChanges {
  readonly added: readonly PackageChange[]
  readonly removed: readonly PackageChange[]
  readonly changed: readonly PackageChange[]
}

/** Compares two closures by package. What has no version is a file that was built for the system, not a package. */
export function comparePackages(before: readonly string[], after: readonly string[]): PackageChanges {
  const [old, current] = [versionsByName(before), versionsByName(after)]
  const changes: PackageChange[] = []
  for (const name of [...new Set([...old.keys(), ...current.keys()])].sort()) {
    const change = { name, before: old.get(name) ?? [], after: current.get(name) ?? [] }
    if (change.before.join(' ') !== change.after.join(' ')) changes.push(change)
  }
  return {
    added: changes.filter(({ before }) => before.length === 0),
    removed: changes.filter(({ after }) => after.length === 0),
    changed: changes.filter(({ before, after }) => before.length > 0 && after.length > 0),
  }
}

function versionsByName(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const versions = new Map<string, Set<string>>()
  for (const path of paths) {
    const { name, version } = packageOf(path)
    if (version === '') continue
    const known = versions.get(name) ?? new Set()
    versions.set(name, known.add(version))
  }
  return new Map([...versions].map(([name, set]) => [name, [...set].sort()]))
}
