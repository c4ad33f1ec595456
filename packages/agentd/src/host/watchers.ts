import type { KeptWatcher, Watcher } from '../watchers/watcher.ts'

/** Health checks that agentd repeats, and what it does about what they find. agentd's `watchers/` provides it. */
export interface WatchersPort {
  list(): readonly KeptWatcher[]
  /** Throws `already_exists` or `too_large`. */
  add(watcher: Watcher): Promise<KeptWatcher>
  /** Takes it away and answers with what it was. Throws `not_found`. */
  remove(name: string): Promise<KeptWatcher>
}
