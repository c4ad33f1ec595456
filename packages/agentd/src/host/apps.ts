import type { App, KeptApp } from '../apps/app.ts'
import type { Listener } from './network.ts'

/** An app and what systemd says of it. */
export interface AppState {
  readonly app: KeptApp
  readonly unit: string
  readonly activeState: string
  readonly subState: string
  readonly since: Date | null
  readonly memoryBytes: number | null
  readonly restarts: number | null
}

/** What an app uses now. What systemd does not count is null. */
export interface AppUse {
  /** CPU time; 100 is one CPU. */
  readonly cpuPercent: number | null
  readonly tasks: number | null
  /** Where it waits to be spoken to, as seen from the host. */
  readonly ports: readonly Pick<Listener, 'protocol' | 'address' | 'port'>[]
}

/** What was there before a deployment, to go back to. */
export type AppBefore = KeptApp | null

/** Programs that systemd keeps running. Methods throw `unsupported_host` where there can be none. agentd's `apps/` provides it. */
export interface AppsPort {
  /** What is kept, without asking systemd; works everywhere. */
  kept(): readonly KeptApp[]
  /** Why no app can be on this host and what would help, in a sentence; null where they can. Never throws. */
  unsupported(): Promise<string | null>
  /** What these apps use now, in their order; takes a quarter of a second. */
  use(names: readonly string[], signal: AbortSignal): Promise<readonly AppUse[]>
  /** Throws `not_found`. */
  state(name: string, signal: AbortSignal): Promise<AppState>
  /**
   * Puts an app in place of whatever had its name and starts it. `source` is a granted folder that is copied for it.
   * When it does not start, what was there before runs again. Throws `command_failed`, `too_large`, …
   */
  deploy(app: App, source: string | null, by: KeptApp['deployedBy'], signal: AbortSignal): Promise<AppState>
  /** Puts back what was there before: starts it if it ran, or removes the app, its state kept. */
  restore(name: string, before: AppBefore, signal: AbortSignal): Promise<void>
  start(name: string, signal: AbortSignal): Promise<AppState>
  stop(name: string, signal: AbortSignal): Promise<AppState>
  restart(name: string, signal: AbortSignal): Promise<AppState>
  /** Stops it and forgets it; with `state`, its state folder goes too. */
  remove(name: string, state: boolean, signal: AbortSignal): Promise<KeptApp>
}
