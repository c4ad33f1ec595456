import type { BigIntStats } from 'node:fs'

/** Folders whose files tell what strangers said, whoever owns them: requests in a log, letters in a mailbox. */
const strangersWords = /^\/var\/(log|mail|spool)(\/|$)/

/** Says of files whether somebody else than root and the owner of this server may have chosen what is in them. */
export class Trust {
  readonly #users: ReadonlySet<bigint>

  /** `users` are the user ids of the owner beside root: whom agentd runs as, whom the workspace belongs to. */
  constructor(users: readonly bigint[]) {
    this.#users = new Set([0n, ...users])
  }

  /** A private group (named as its only user) counts as that user. */
  untrusted(stats: BigIntStats, path: string): boolean {
    if (strangersWords.test(path)) return true
    if (!this.#users.has(stats.uid)) return true
    if (stats.isSymbolicLink()) return false
    if ((stats.mode & 0o002n) !== 0n) return true
    return (stats.mode & 0o020n) !== 0n && stats.gid !== 0n && !this.#users.has(stats.gid)
  }
}
