/** Where NixOS keeps what SafeSwitch looks at. */
export const currentSystem = '/run/current-system'
export const bootedSystem = '/run/booted-system'
/** Links here keep store paths from being collected as garbage (nix.conf(5), garbage collector roots). */
export const gcRoots = '/nix/var/nix/gcroots/castellan'

/** Where a script finds its programs: the system's own first, then the one that runs, then those of another Linux. */
export function profileFolders(system: string): readonly string[] {
  return [`${system}/sw/bin`, '/run/current-system/sw/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']
}
