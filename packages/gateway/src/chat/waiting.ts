import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Approval, ApprovalId, CastellanError, SessionId } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'

/** How long a start waits for agentd before it leaves what nobody waits for to its own end, and between two tries. */
const PATIENCE_MS = 30_000
const RETRY_MS = 500

/**
 * The approvals that turns wait for, also on disk: a gateway that was killed forgets its turns, and the next one withdraws
 * their questions, so that nobody agrees to what will not happen. A file each, named as the approval, with its session.
 */
export class Waiting {
  readonly #folder: string
  readonly #log: Log

  private constructor(folder: string, log: Log) {
    this.#folder = folder
    this.#log = log
  }

  static async open(folder: string, log: Log): Promise<Waiting> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return new Waiting(folder, log)
  }

  /** Never rejects: a note that cannot be written costs a withdrawal after a crash, not the question. */
  async begin({ approval_id, session }: Pick<Approval, 'approval_id' | 'session'>): Promise<void> {
    await writeFile(join(this.#folder, approval_id), session, { mode: 0o600 }).catch((error: unknown) => {
      this.#log.warn({ err: error, approval_id }, 'that a turn waits could not be noted')
    })
  }

  async end(id: ApprovalId): Promise<void> {
    await rm(join(this.#folder, id), { force: true })
  }

  /** Withdraws what the gateway before this one left open. Never rejects. */
  async withdrawLeft(agentd: Pick<Agentd, 'withdraw'>): Promise<void> {
    const until = Date.now() + PATIENCE_MS
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const id = ApprovalId.safeParse(name)
      if (id.success) await this.#withdraw(id.data, agentd, until)
    }
  }

  async #withdraw(id: ApprovalId, agentd: Pick<Agentd, 'withdraw'>, until: number): Promise<void> {
    const session = SessionId.safeParse(await readFile(join(this.#folder, id), 'utf8').catch(() => undefined))
    for (;;) {
      try {
        if (session.success) await agentd.withdraw(id, session.data)
        return await this.end(id)
      } catch (error) {
        const away = error instanceof CastellanError && error.code === 'agentd_unavailable' && Date.now() < until
        if (!away) {
          this.#log.info({ err: error, approval_id: id }, 'an approval of an earlier gateway was left to end by itself')
          return this.end(id)
        }
        await sleep(RETRY_MS, undefined, { ref: false })
      }
    }
  }
}
