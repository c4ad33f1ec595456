import { nixProgram } from './commands.ts'
import { comparePackages, type PackageChanges } from './packages.ts'
import { compareUnits, type UnitChanges } from './units.ts'

/** Paths that one nix-store is asked about at once: argument lists have an end. */
const BATCH = 2000

/** What lies between two systems, found out without evaluation or network. */
export interface SystemChanges {
  readonly packages: PackageChanges
  readonly units: UnitChanges
  /** Size of everything each needs, in bytes. */
  readonly closureBytesBefore: number
  readonly closureBytesAfter: number
}

export async function systemChanges(before: string, after: string, signal: AbortSignal): Promise<SystemChanges> {
  const [old, current, units] = await Promise.all([
    closureOf(before, signal),
    closureOf(after, signal),
    compareUnits(before, after, signal),
  ])
  const packages = comparePackages(old, current)
  const [closureBytesBefore, closureBytesAfter] = await Promise.all([sizeOf(old, signal), sizeOf(current, signal)])
  return { packages, units, closureBytesBefore, closureBytesAfter }
}

/** Everything a path needs, itself included. */
export async function closureOf(path: string, signal: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await nixProgram('nix-store', ['--query', '--requisites', path], signal)
  return stdout.split('\n').filter(Boolean)
}

/** Bytes of the store paths themselves, each counted once. */
export async function sizeOf(paths: readonly string[], signal: AbortSignal): Promise<number> {
  let bytes = 0
  for (let at = 0; at < paths.length; at += BATCH) {
    const batch = paths.slice(at, at + BATCH)
    const { stdout } = await nixProgram('nix-store', ['--query', '--size', ...batch], signal)
    for (const line of stdout.split('\n')) bytes += Number(line)
  }
  return bytes
}
