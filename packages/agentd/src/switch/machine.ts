import { mkdir, readFile, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { systemProfile } from '../host/nix.ts'
import { systemdRuns } from '../host/systemctl.ts'
import { bootedSystem, currentSystem, gcRoots } from './places.ts'
import { StorePath, type SwitchId, type SystemRef } from './record.ts'

/** The NixOS side of this host, as SafeSwitch reads it. */
export class SwitchMachine {
  readonly profile: string = systemProfile

  /** Throws `unsupported_host`, saying what is missing. */
  async check(): Promise<void> {
    const missing = !(await systemdRuns())
      ? 'it is not run by systemd'
      : (await resolved(currentSystem)) === null
        ? `there is no ${currentSystem}`
        : (await resolved(this.profile)) === null
          ? `there is no system profile at ${this.profile}`
          : null
    if (missing === null) return
    throw new CastellanError(
      'unsupported_host',
      `This host cannot switch between NixOS systems: ${missing}. On NixOS this works.`,
    )
  }

  bootId(): Promise<string> {
    return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim())
  }

  /** The system that runs. Throws `unsupported_host` where there is none. */
  async running(): Promise<SystemRef> {
    const path = await resolved(currentSystem)
    const parsed = StorePath.safeParse(path)
    if (!parsed.success) {
      throw new CastellanError('unsupported_host', `${currentSystem} does not lead to a system in the store.`)
    }
    const profile = await this.bootDefault().catch(() => null)
    return { path: parsed.data, generation: profile?.path === parsed.data ? profile.generation : null }
  }

  /** What the profile points to, which the next boot starts. */
  async bootDefault(): Promise<SystemRef> {
    const [link, path] = [await readlink(this.profile), await realpath(this.profile)]
    const digits = /-(\d{1,9})-link$/.exec(basename(link))?.[1]
    return { path: StorePath.parse(path), generation: digits === undefined ? null : Number(digits) }
  }

  /** What came up with this boot; null where the host does not say. */
  booted(): Promise<string | null> {
    return resolved(bootedSystem)
  }

  /** Keeps both systems of a switch from being collected as garbage until {@link release}. */
  async hold(id: SwitchId, systems: { readonly from: string; readonly to: string }): Promise<void> {
    await mkdir(gcRoots, { recursive: true })
    for (const [name, path] of Object.entries(systems)) {
      const link = join(gcRoots, `${id}-${name}`)
      await rm(`${link}.new`, { force: true })
      await symlink(path, `${link}.new`)
      await rename(`${link}.new`, link)
    }
  }

  async release(id: SwitchId): Promise<void> {
    await rm(join(gcRoots, `${id}-to`), { force: true })
    await rm(join(gcRoots, `${id}-from`), { force: true })
  }
}

/** What stands between a system and being switched to. */
export interface Readiness {
  /** Why it must not be switched to at all; empty where it may. */
  readonly refusals: readonly string[]
  /** Why it may only be booted; empty where it can be activated. */
  readonly inhibitors: readonly string[]
  /** What a person should know. */
  readonly notices: readonly string[]
}

/** Compares a system with the one that runs, by the files that NixOS puts in each. */
export async function readiness(to: string, from: string, booted: string | null): Promise<Readiness> {
  const refusals: string[] = []
  const program = join(to, 'bin/switch-to-configuration')
  const stats = await stat(program).catch(() => null)
  if (stats === null || !stats.isFile() || (stats.mode & 0o111) === 0) {
    refusals.push(`${to} is no NixOS system that can be switched to: it has no program bin/switch-to-configuration`)
  }
  const before = join(from, 'bin/switch-to-configuration')
  if ((await stat(before).catch(() => null)) === null) {
    refusals.push(`the system that runs (${from}) has no bin/switch-to-configuration, so there would be no way back`)
  }
  const [oldSystem, newSystem] = [await textOf(from, 'system'), await textOf(to, 'system')]
  if (oldSystem !== null && newSystem !== null && oldSystem !== newSystem) {
    refusals.push(`it was built for ${newSystem}, and this host is ${oldSystem}`)
  }
  return { refusals, inhibitors: await inhibitorsOf(to, from), notices: await noticesOf(to, booted ?? from) }
}

/** `switch-inhibitors` (JSON, name → value) and `init-interface-version`: where they differ only a boot will do. */
async function inhibitorsOf(to: string, from: string): Promise<string[]> {
  const found: string[] = []
  const [oldInit, newInit] = [await textOf(from, 'init-interface-version'), await textOf(to, 'init-interface-version')]
  if (oldInit !== null && newInit !== null && oldInit !== newInit) found.push('its init speaks another version')
  const [before, after] = [await inhibitorFile(from), await inhibitorFile(to)]
  for (const name of Object.keys(after).sort()) {
    if (JSON.stringify(after[name]) !== JSON.stringify(before[name])) found.push(`${name} changes`)
  }
  return found
}

async function inhibitorFile(system: string): Promise<Record<string, unknown>> {
  const text = await textOf(system, 'switch-inhibitors')
  if (text === null || text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { content: text }
  } catch {
    return { content: text }
  }
}

async function noticesOf(to: string, booted: string): Promise<string[]> {
  const parts: string[] = []
  for (const part of ['kernel', 'initrd', 'kernel-params', 'kernel-modules', 'systemd']) {
    const [before, after] = [await identity(booted, part), await identity(to, part)]
    if (before !== null && after !== null && before !== after) parts.push(part)
  }
  return [
    ...(parts.length === 0 ? [] : [`Only the next boot brings these of the new system into use: ${parts.join(', ')}.`]),
    'Going back does not undo what services did to their data meanwhile (migrations), nor what they sent.',
  ]
}

/** What a part of a system is: the file that a link leads to, or what a plain file contains. */
async function identity(system: string, part: string): Promise<string | null> {
  const path = join(system, part)
  const target = await resolved(path)
  if (target === null) return null
  return target === path ? textOf(system, part).catch(() => null) : target
}

async function textOf(system: string, name: string): Promise<string | null> {
  return readFile(join(system, name), 'utf8').then(
    (text) => text.trim(),
    () => null,
  )
}

async function resolved(path: string): Promise<string | null> {
  return realpath(path).catch(() => null)
}
