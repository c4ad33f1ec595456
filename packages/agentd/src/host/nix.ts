import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { type SystemChanges, systemChanges } from './nix/changes.ts'
import { nixProgram } from './nix/commands.ts'
import { bootDrift, type Drift, etcDrift, unitDrift } from './nix/drift.ts'
import { packageOf } from './nix/packages.ts'
import { Store } from './nix/store.ts'

/** One generation of the system profile. */
export interface Generation {
  readonly number: number
  readonly createdAt: Date
  /** Whether the profile points to it: what the next boot starts. */
  readonly current: boolean
  /** Store path of the system. */
  readonly path: string
  readonly nixosVersion: string | null
  readonly kernelVersion: string | null
}

export interface RunningSystem {
  readonly path: string
  readonly generation: number | null
}

const runningSystem = '/run/current-system'
const bootedSystem = '/run/booted-system'

export const systemProfile = '/nix/var/nix/profiles/system'

/** Nix profiles, read from their links as `nix-env --list-generations` does, without taking its lock. */
export class Nix {
  readonly store = new Store()
  readonly #profile: string

  constructor(profile: string = systemProfile) {
    this.#profile = profile
  }

  /** Generations of the system profile, newest first. Throws `unsupported_host` where there is none. */
  async generations(signal: AbortSignal): Promise<readonly Generation[]> {
    const folder = dirname(this.#profile)
    const current = await readlink(this.#profile).catch(() => null)
    if (current === null) {
      throw new CastellanError(
        'unsupported_host',
        `This host has no NixOS generations: there is no profile at ${this.#profile}. On NixOS this works.`,
      )
    }
    const generations: Generation[] = []
    for (const name of await readdir(folder)) {
      signal.throwIfAborted()
      const number = generationNumber(name, basename(this.#profile))
      if (number === null) continue
      const generation = await describe(join(folder, name), number, basename(current) === name)
      if (generation !== null) generations.push(generation)
    }
    return generations.sort((left, right) => right.number - left.number)
  }

  /** One generation; throws `not_found`, naming those there are. */
  async generation(number: number, signal: AbortSignal): Promise<Generation> {
    const all = await this.generations(signal)
    const found = all.find((generation) => generation.number === number)
    if (found !== undefined) return found
    const [newest, oldest] = [all[0]?.number, all.at(-1)?.number]
    throw new CastellanError(
      'not_found',
      `There is no generation ${number}. There are ${all.length}, from ${oldest} to ${newest}.`,
    )
  }

  /** The system that runs, and its generation where it is one. Throws `unsupported_host` where this is not NixOS. */
  async running(): Promise<RunningSystem> {
    const path = await realpath(runningSystem).catch(() => {
      throw new CastellanError('unsupported_host', `This host runs no NixOS system: there is no ${runningSystem}.`)
    })
    const all = await this.generations(new AbortController().signal).catch(() => [])
    const found = all.filter((generation) => generation.path === path)
    return { path, generation: (found.find(({ current }) => current) ?? found[0])?.number ?? null }
  }

  /** What came up with this boot; null where the host does not say. */
  booted(): Promise<string | null> {
    return realpath(bootedSystem).catch(() => null)
  }

  /** How this host differs from its system. Throws `unsupported_host` where this is not NixOS. */
  async drift(signal: AbortSignal): Promise<readonly Drift[]> {
    const { path: running } = await this.running()
    const profile = await realpath(this.#profile).catch(() => null)
    const found = await Promise.all([
      bootDrift({ running, profile, booted: await this.booted() }),
      unitDrift(running, signal),
      etcDrift(running, signal),
    ])
    const installed = await this.store.userProfiles(signal)
    const packages = installed.flatMap(({ profile, packages }) =>
      packages.map((path): Drift => {
        const { name, version } = packageOf(path)
        const message = `${[name, version].filter(Boolean).join(' ')} was installed into ${profile} by hand.`
        return { kind: 'user_package', subject: path, message }
      }),
    )
    return [...found.flat(), ...packages]
  }

  /** Forgets generations; nix itself refuses the current one. */
  async deleteGenerations(numbers: readonly number[], signal: AbortSignal): Promise<void> {
    if (numbers.length === 0) return
    await nixProgram('nix-env', ['--profile', this.#profile, '--delete-generations', ...numbers.map(String)], signal)
  }

  /** What lies between two systems in the store. */
  changes(before: string, after: string, signal: AbortSignal): Promise<SystemChanges> {
    return systemChanges(before, after, signal)
  }
}

/** `system-42-link` is generation 42 of `system`. */
function generationNumber(name: string, profile: string): number | null {
  if (!name.startsWith(`${profile}-`)) return null
  const digits = /^(\d{1,9})-link$/.exec(name.slice(profile.length + 1))?.[1]
  return digits === undefined ? null : Number(digits)
}

/** Null where it was deleted meanwhile. A profile of something other than a NixOS system has no versions. */
async function describe(link: string, number: number, current: boolean): Promise<Generation | null> {
  try {
    const [path, stats] = await Promise.all([readlink(link), lstat(link)])
    const version = await readFile(join(path, 'nixos-version'), 'utf8').catch(() => null)
    const modules = await readdir(join(path, 'kernel-modules/lib/modules')).catch(() => [])
    return {
      number,
      createdAt: stats.mtime,
      current,
      path,
      nixosVersion: version?.trim() ?? null,
      kernelVersion: modules[0] ?? null,
    }
  } catch {
    return null
  }
}
