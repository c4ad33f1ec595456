import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CoolingReason, CredentialId, Timestamp } from '@castellan/contracts'
import { type Log, writePrivateFile } from '@castellan/daemon'
import { z } from 'zod'

const One = z.strictObject({
  last_used_at: Timestamp.nullable(),
  cooling_down: z.strictObject({ until: Timestamp, reason: CoolingReason }).nullable(),
  last_test: z.strictObject({ at: Timestamp, ok: z.boolean(), code: z.string().max(64).nullable() }).nullable(),
})
type One = z.infer<typeof One>
const ActivityFile = z.strictObject({ version: z.literal(1), credentials: z.record(CredentialId, One) })

const NOTHING: One = { last_used_at: null, cooling_down: null, last_test: null }

/**
 * What happens to credentials while they stay as they are. It holds nothing secret and decides nothing but who is asked first, so
 * that a file that is lost or damaged is begun anew.
 */
export class Activity {
  readonly #file: string
  readonly #all: Map<string, One>
  #saving: Promise<void> = Promise.resolve()

  private constructor(file: string, all: Map<string, One>) {
    this.#file = file
    this.#all = all
  }

  static async load(folder: string, log: Log): Promise<Activity> {
    const file = join(folder, 'activity.json')
    const all = await readFile(file, 'utf8')
      .then(
        (text) => new Map(Object.entries(ActivityFile.parse(JSON.parse(text)).credentials)),
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error
          return new Map<string, One>()
        },
      )
      .catch(() => {
        log.warn({ file }, 'what credentials were last used for is unreadable and begun anew')
        return new Map<string, One>()
      })
    return new Activity(file, all)
  }

  of(id: string): One {
    return this.#all.get(id) ?? NOTHING
  }

  /** Until when it cools down, in milliseconds since 1970; undefined where it does not. */
  coolsUntil(id: string, now: number): number | undefined {
    const { cooling_down } = this.of(id)
    const until = cooling_down === null ? 0 : Date.parse(cooling_down.until)
    return until > now ? until : undefined
  }

  /** Kept in memory until something else is saved. */
  used(id: string, now: number): void {
    this.#all.set(id, { ...this.of(id), last_used_at: new Date(now).toISOString() })
  }

  async cool(id: string, until: number, reason: CoolingReason): Promise<void> {
    this.#all.set(id, { ...this.of(id), cooling_down: { until: new Date(until).toISOString(), reason } })
    await this.save()
  }

  async tested(id: string, now: number, ok: boolean, code: string | null): Promise<void> {
    const cooling_down = ok ? null : this.of(id).cooling_down
    this.#all.set(id, { ...this.of(id), cooling_down, last_test: { at: new Date(now).toISOString(), ok, code } })
    await this.save()
  }

  /** Another secret: what was said about the one before counts no more. */
  async renewed(id: string): Promise<void> {
    this.#all.set(id, { ...NOTHING, last_used_at: this.of(id).last_used_at })
    await this.save()
  }

  async forget(id: string): Promise<void> {
    this.#all.delete(id)
    await this.save()
  }

  save(): Promise<void> {
    const write = async () => {
      const text = JSON.stringify({ version: 1, credentials: Object.fromEntries(this.#all) })
      await writePrivateFile(this.#file, text)
    }
    const saved = this.#saving.then(write)
    this.#saving = saved.catch(() => undefined)
    return saved
  }
}
