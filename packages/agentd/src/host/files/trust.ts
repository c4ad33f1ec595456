import type { BigIntStats } from 'node:fs'
import { COMMANDS_GID } from '../../sandbox/identity.ts'
import type { PresentSnapshot } from './snapshot.ts'

/** Folders whose files tell what strangers said, whoever owns them: requests in a log, letters in a mailbox. */
const strangersWords = /^\/var\/(log|mail|spool)(\/|$)/

interface Ownership {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/** Says of files whether somebody else than root and the owner of this server may have chosen what is in them. */
export class Trust {
  readonly #users: ReadonlySet<number>

  /** `users` are the user ids of the owner beside root: whom agentd runs as, whom the workspace belongs to. */
  constructor(users: readonly number[]) {
    this.#users = new Set([0, ...users])
  }

  untrusted(stats: BigIntStats, path: string): boolean {
    const mode = stats.isSymbolicLink() ? 0 : Number(stats.mode)
    return this.#foreign({ uid: Number(stats.uid), gid: Number(stats.gid), mode }, path)
  }

  /** The same of something that is in the trash. */
  untrustedRecord(content: PresentSnapshot, path: string): boolean {
    return this.#foreign(content.kind === 'symlink' ? { ...content, mode: 0 } : content, path)
  }

  /** A private group (numbered as its only user) counts as that user, and so does the one that agents' own commands have. */
  #foreign({ uid, gid, mode }: Ownership, path: string): boolean {
    if (strangersWords.test(path) || !this.#users.has(uid) || (mode & 0o002) !== 0) return true
    return (mode & 0o020) !== 0 && !this.#users.has(gid) && gid !== COMMANDS_GID
  }
}
