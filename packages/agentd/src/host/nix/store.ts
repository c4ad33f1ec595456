import { lstat, readdir, readlink, realpath, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, type ToolProgress } from '@castellan/contracts'
import { commandFailed, runCommand } from '../command.ts'
import { closureOf } from './changes.ts'
import { findNix, MAX_STORE_OUTPUT_BYTES, nixProgram } from './commands.ts'

/** The store itself. */
const STORE = '/nix/store'
/** Paths whose contents are checked between two words of progress. */
const BATCH = 25
/** Paths that one nix-store is asked about at once: argument lists have an end. */
const SIZES_AT_ONCE = 2000

export interface StoreUsage {
  readonly paths: number
  readonly bytes: number
  /** What nothing needs any more. */
  readonly deadPaths: number
  readonly deadBytes: number
  /** Of the file system that the store is on. */
  readonly freeBytes: number
  readonly totalBytes: number
  /** Largest store paths first. */
  readonly largest: readonly { readonly path: string; readonly bytes: number }[]
}

export interface DamagedPath {
  readonly path: string
  readonly problem: 'missing' | 'modified'
}

/** The Nix store as a whole. Everything but {@link Store.collect} only reads. */
export class Store {
  async usage(signal: AbortSignal): Promise<StoreUsage> {
    const paths = await this.paths(signal)
    const sizes = await sizesOf(paths, signal)
    const dead = await this.dead(signal)
    const { bsize, bavail, blocks } = await statfs(STORE)
    const largest = paths
      .map((path, index) => ({ path, bytes: sizes[index] ?? 0 }))
      .sort((left, right) => right.bytes - left.bytes)
    return {
      paths: paths.length,
      bytes: sum(sizes),
      deadPaths: dead.length,
      deadBytes: sum(await sizesOf(dead, signal)),
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      largest: largest.slice(0, 20),
    }
  }

  /** Every valid path. */
  async paths(signal: AbortSignal): Promise<readonly string[]> {
    const args = ['path-info', '--all', '--offline', '--extra-experimental-features', 'nix-command']
    const result = await runCommand(await findNix('nix'), args, { signal, maxOutputBytes: MAX_STORE_OUTPUT_BYTES })
    if (result.exitCode !== 0) throw commandFailed('nix path-info', result)
    return result.stdout.split('\n').filter(Boolean)
  }

  /** What a collection would free now. */
  async dead(signal: AbortSignal): Promise<readonly string[]> {
    const { stdout } = await nixProgram('nix-store', ['--gc', '--print-dead'], signal)
    return stdout.split('\n').filter((line) => line.startsWith('/'))
  }

  async deadBytes(paths: readonly string[], signal: AbortSignal): Promise<number> {
    return sum(await sizesOf(paths, signal))
  }

  /** Frees what nothing needs, at most about `mostBytes`. Answers what is gone. */
  async collect(
    mostBytes: number | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly paths: number; readonly bytes: number }> {
    const before = await this.dead(signal)
    const sizes = new Map((await sizesOf(before, signal)).map((bytes, index) => [before[index] ?? '', bytes]))
    const limit = mostBytes === undefined ? [] : ['--max-freed', String(mostBytes)]
    await nixProgram('nix-store', ['--gc', ...limit], signal)
    let [paths, bytes] = [0, 0]
    for (const path of before) {
      if (await lstat(path).catch(() => null)) continue
      paths += 1
      bytes += sizes.get(path) ?? 0
    }
    return { paths, bytes }
  }

  /**
   * Store paths that are gone or, with `contents`, not what was put there. `nix-store --verify` is not used because it takes missing paths out of
   * its database: looking must not change anything.
   */
  async damaged(
    paths: readonly string[],
    contents: boolean,
    tell: (progress: ToolProgress) => void,
    signal: AbortSignal,
  ): Promise<readonly DamagedPath[]> {
    const found: DamagedPath[] = []
    const there: string[] = []
    for (const path of paths) {
      signal.throwIfAborted()
      if (await lstat(path).catch(() => null)) there.push(path)
      else found.push({ path, problem: 'missing' })
    }
    for (let at = 0; contents && at < there.length; at += BATCH) {
      const batch = there.slice(at, at + BATCH)
      tell({ message: `checking ${batch[0]}`, done: at, total: there.length })
      found.push(...(await modifiedIn(batch, signal)).map((path) => ({ path, problem: 'modified' as const })))
    }
    return found
  }

  closure(path: string, signal: AbortSignal): Promise<readonly string[]> {
    return closureOf(path, signal)
  }

  /** What a store path refers to directly; of a profile's environment, the packages in it. */
  async references(path: string, signal: AbortSignal): Promise<readonly string[]> {
    const { stdout } = await nixProgram('nix-store', ['--query', '--references', await realpath(path)], signal)
    return stdout.split('\n').filter(Boolean)
  }

  /** Profiles that people installed packages into with nix-env or nix profile, with what is in them. */
  async userProfiles(
    signal: AbortSignal,
  ): Promise<readonly { readonly profile: string; readonly packages: readonly string[] }[]> {
    const found: { profile: string; packages: readonly string[] }[] = []
    for (const profile of await profileLinks()) {
      const packages = await this.references(profile, signal).catch((error: unknown) => {
        if (error instanceof CastellanError && error.code === 'unsupported_host') throw error
        return []
      })
      const named = packages.filter(
        (path) => !/-(user-environment|env-manifest\.nix|manifest\.nix|manifest\.json)$/.test(path),
      )
      if (named.length > 0) found.push({ profile, packages: named })
    }
    return found
  }
}

/** `nix-store --verify-path` names on standard error what is not what it was. */
async function modifiedIn(paths: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const result = await runCommand(await findNix('nix-store'), ['--verify-path', ...paths], {
    signal,
    maxOutputBytes: MAX_STORE_OUTPUT_BYTES,
  })
  if (result.exitCode === 0) return []
  const named = paths.filter((path) => result.stderr.includes(`'${path}'`))
  if (named.length === 0) throw commandFailed('nix-store', result)
  return named
}

/**
 * Bytes of each path, in the order asked. What lies in the store without being a valid path (a lock, the rest of a build that
 * was stopped) has no size that nix knows, and counts as nothing.
 */
async function sizesOf(paths: readonly string[], signal: AbortSignal): Promise<readonly number[]> {
  const sizes: number[] = []
  for (let at = 0; at < paths.length; at += SIZES_AT_ONCE) {
    const batch = paths.slice(at, at + SIZES_AT_ONCE)
    const { stdout: named } = await nixProgram('nix-store', ['--check-validity', '--print-invalid', ...batch], signal)
    const invalid = new Set(named.split('\n'))
    const valid = batch.filter((path) => !invalid.has(path))
    const { stdout } =
      valid.length === 0 ? { stdout: '' } : await nixProgram('nix-store', ['--query', '--size', ...valid], signal)
    const known = new Map(stdout.split('\n').map((line, index) => [valid[index], Number(line)]))
    sizes.push(...batch.map((path) => known.get(path) ?? 0))
  }
  return sizes
}

/** Links of profiles that belong to users: old and new places. */
async function profileLinks(): Promise<string[]> {
  const perUser = '/nix/var/nix/profiles/per-user'
  const users = await readdir(perUser).catch(() => [])
  const candidates = ['/nix/var/nix/profiles/default', ...users.map((user) => join(perUser, user, 'profile'))]
  for (const home of ['/root', ...(await readdir('/home').catch(() => [])).map((name) => join('/home', name))]) {
    candidates.push(join(home, '.local/state/nix/profiles/profile'))
  }
  const links = await Promise.all(
    candidates.map((path) =>
      readlink(path).then(
        () => path,
        () => null,
      ),
    ),
  )
  return links.filter((path) => path !== null)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
