import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { didYouMean } from '@castellan/daemon'
import type { AppBefore, AppState, AppsPort, AppUse } from '../host/apps.ts'
import { findProgram, runCommand } from '../host/command.ts'
import { copyFolder } from '../host/files/copying.ts'
import type { Files } from '../host/files/files.ts'
import type { Network } from '../host/network.ts'
import { systemctl } from '../host/systemctl.ts'
import type { Systemd } from '../host/systemd.ts'
import { controlUnit } from '../host/unit-control.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import { type App, type AppFile, type KeptApp, unitOf } from './app.ts'
import { requireAppHost } from './supported.ts'
import { startArguments } from './unit.ts'
import { measureUse } from './use.ts'

const MOST_APPS = 64
/** What a release may hold. */
const RELEASE = { bytes: 512 * 1024 * 1024, entries: 20_000 }
/** Releases of an app that are kept beside the one that runs, so that undo has them. */
const KEPT_RELEASES = 3

export interface AppsParts {
  readonly file: StateFile<typeof AppFile>
  /** Folder of all releases, `releases/NAME/RELEASE`; agentd's own, and such that systemd may bind what is in it. */
  readonly releases: string
  readonly files: Files
  readonly systemd: Systemd
  readonly network: Pick<Network, 'listeners'>
}

/** Apps as transient units of systemd, and what is kept of them so that they are there again after a boot. */
export class Apps implements AppsPort {
  readonly #parts: AppsParts
  readonly #apps: Map<string, KeptApp>
  readonly #changes = new Mutex()

  private constructor(parts: AppsParts, apps: readonly KeptApp[]) {
    this.#parts = parts
    this.#apps = new Map(apps.map((app) => [app.name, app]))
  }

  static async open(parts: AppsParts): Promise<Apps> {
    return new Apps(parts, (await parts.file.load())?.apps ?? [])
  }

  kept(): KeptApp[] {
    return [...this.#apps.values()]
  }

  unsupported(): Promise<string | null> {
    return requireAppHost().then(
      () => null,
      (error: Error) => error.message,
    )
  }

  use(names: readonly string[], signal: AbortSignal): Promise<AppUse[]> {
    return measureUse(names.map(unitOf), this.#parts.network, signal)
  }

  async state(name: string, signal: AbortSignal): Promise<AppState> {
    return this.#stateOf(await this.#find(name), signal)
  }

  deploy(app: App, source: string | null, by: KeptApp['deployedBy'], signal: AbortSignal): Promise<AppState> {
    return this.#changes.run(async () => {
      this.#refuseTooMuch(app)
      await requireAppHost()
      const before = this.#apps.get(app.name) ?? null
      const release = source === null ? null : await this.#copy(app.name, source, signal)
      const kept: KeptApp = { ...app, release, wanted: 'running', deployedBy: by, deployedAt: new Date().toISOString() }
      try {
        await this.#run(kept, signal)
      } catch (error) {
        if (before?.wanted === 'running') await this.#run(before, AbortSignal.timeout(30_000)).catch(() => {})
        if (release !== null) await this.#dropRelease(app.name, release)
        throw error
      }
      await this.#keep(kept)
      await this.#dropOldReleases(kept)
      return this.#stateOf(kept, signal)
    })
  }

  restore(name: string, before: AppBefore, signal: AbortSignal): Promise<void> {
    return this.#changes.run(async () => {
      await this.#halt(name, signal)
      if (before === null) await this.#forget(name)
      else {
        if (before.wanted === 'running') await this.#run(before, signal)
        await this.#keep(before)
      }
    })
  }

  start(name: string, signal: AbortSignal): Promise<AppState> {
    return this.#changes.run(async () => {
      const app: KeptApp = { ...(await this.#find(name)), wanted: 'running' }
      if ((await this.#stateOf(app, signal)).activeState !== 'active') await this.#run(app, signal)
      await this.#keep(app)
      return this.#stateOf(app, signal)
    })
  }

  stop(name: string, signal: AbortSignal): Promise<AppState> {
    return this.#changes.run(async () => {
      const app: KeptApp = { ...(await this.#find(name)), wanted: 'stopped' }
      // What is wanted first: should agentd end in between, nothing starts it again.
      await this.#keep(app)
      await this.#halt(name, signal)
      return this.#stateOf(app, signal)
    })
  }

  restart(name: string, signal: AbortSignal): Promise<AppState> {
    return this.#changes.run(async () => {
      const app: KeptApp = { ...(await this.#find(name)), wanted: 'running' }
      await this.#run(app, signal)
      await this.#keep(app)
      return this.#stateOf(app, signal)
    })
  }

  remove(name: string, state: boolean, signal: AbortSignal): Promise<KeptApp> {
    return this.#changes.run(async () => {
      const app = await this.#find(name)
      await this.#halt(name, signal)
      await this.#forget(name)
      await removeAll(join(this.#parts.releases, name))
      if (state) await systemctl(['clean', '--what=state', '--', unitOf(name)], signal).catch(() => {})
      if (state) await rm(join('/var/lib/private', `castellan-app-${name}`), { recursive: true, force: true })
      if (state) await rm(join('/var/lib', `castellan-app-${name}`), { force: true })
      return app
    })
  }

  /** Replaces whatever runs as this unit. Returns once systemd has executed the program. */
  async #run(app: KeptApp, signal: AbortSignal): Promise<void> {
    await this.#halt(app.name, signal)
    const folder = app.release === null ? null : join(this.#parts.releases, app.name, app.release)
    const program = await findProgram('systemd-run')
    const result = await runCommand(program, startArguments(app, folder), { signal, maxOutputBytes: 64 * 1024 })
    if (result.exitCode === 0) return
    await this.#halt(app.name, signal)
    const words = result.stderr.trim().split('\n').at(-1)?.slice(0, 400) || `systemd-run ended with ${result.exitCode}.`
    throw new CastellanError(
      'command_failed',
      `The app ${app.name} did not start: ${words} app_logs with its name shows what it said.`,
    )
  }

  /** Stops the unit and has systemd forget it, so that its name is free. */
  async #halt(name: string, signal: AbortSignal): Promise<void> {
    const unit = unitOf(name)
    const shown = await systemctl(['show', '--property=LoadState', '--value', '--', unit], signal)
    if (shown.stdout.trim() === 'not-found') return
    await controlUnit('stop', unit, signal)
    await systemctl(['reset-failed', '--', unit], signal)
  }

  async #stateOf(app: KeptApp, signal: AbortSignal): Promise<AppState> {
    const unit = unitOf(app.name)
    try {
      const { activeState, subState, since, memoryBytes, restarts } = await this.#parts.systemd.unit(unit, signal)
      return { app, unit, activeState, subState, since, memoryBytes, restarts }
    } catch (error) {
      if (!(error instanceof CastellanError) || error.code !== 'unit_not_found') throw error
      return { app, unit, activeState: 'inactive', subState: 'dead', since: null, memoryBytes: null, restarts: null }
    }
  }

  async #copy(name: string, source: string, signal: AbortSignal): Promise<string> {
    const folder = join(this.#parts.releases, name)
    await mkdir(folder, { recursive: true, mode: 0o755 })
    const release = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${randomBytes(4).toString('hex')}`
    const draft = join(folder, release)
    try {
      await copyFolder(this.#parts.files, source, draft, RELEASE, signal)
    } catch (error) {
      await removeAll(draft)
      throw error
    }
    return release
  }

  async #dropOldReleases({ name, release }: KeptApp): Promise<void> {
    const all = (await readdir(join(this.#parts.releases, name)).catch(() => [])).sort().reverse()
    const old = all.filter((candidate) => candidate !== release).slice(KEPT_RELEASES)
    for (const candidate of old) await this.#dropRelease(name, candidate)
  }

  async #dropRelease(name: string, release: string): Promise<void> {
    await removeAll(join(this.#parts.releases, name, release))
  }

  #refuseTooMuch(app: App): void {
    const cpus = availableParallelism() * 100
    if (app.cpuPercent > cpus) {
      throw new CastellanError(
        'invalid_arguments',
        `This host has ${cpus} % of CPU in all; cpuPercent ${app.cpuPercent} is more.`,
      )
    }
    if (app.memoryBytes > totalmem()) {
      throw new CastellanError('invalid_arguments', `This host has ${totalmem()} bytes of memory; memoryBytes is more.`)
    }
    if (!this.#apps.has(app.name) && this.#apps.size >= MOST_APPS) {
      throw new CastellanError('too_large', `There are ${MOST_APPS} apps, as many as there can be. Remove one first.`)
    }
  }

  /** Throws `unsupported_host` before `not_found`: where no app can be, none is missing. */
  async #find(name: string): Promise<KeptApp> {
    await requireAppHost()
    const app = this.#apps.get(name)
    if (app !== undefined) return app
    throw new CastellanError(
      'not_found',
      `There is no app ${JSON.stringify(name)}.${didYouMean(name, this.#apps.keys())}`,
    )
  }

  async #keep(app: KeptApp): Promise<void> {
    this.#apps.set(app.name, app)
    await this.#save()
  }

  async #forget(name: string): Promise<void> {
    this.#apps.delete(name)
    await this.#save()
  }

  async #save(): Promise<void> {
    await this.#parts.file.save({ version: 1, apps: [...this.#apps.values()] })
  }
}

/** Folders of a release may not be written in, not even to empty them. */
async function removeAll(path: string): Promise<void> {
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755)
  }
  await chmod(path, 0o755).catch(() => {})
  await rm(path, { recursive: true, force: true })
}
