import { AgentName, CastellanError, type LedgerDraft, newId } from '@castellan/contracts'
import { didYouMean, type Log } from '@castellan/daemon'
import type { DeclaredWatcher } from '../declared/config.ts'
import { mergeDeclared, refuseDeclared } from '../declared/merge.ts'
import type { WatchersPort } from '../host/watchers.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { MakeCall } from '../routines/caller.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import { judge, type Look, type Verdict } from './ladder.ts'
import { type Check, freshStanding, type KeptWatcher, type Step, type Watcher, type WatcherFile } from './watcher.ts'

const MOST_WATCHERS = 200
/** Looks that are under way at once. */
const MOST_LOOKS = 16

export interface WatchersParts {
  readonly file: StateFile<typeof WatcherFile>
  readonly ledger: Pick<Recorder, 'append'>
  readonly look: (check: Check, signal: AbortSignal) => Promise<Omit<Look, 'at'>>
  readonly makeCall: MakeCall
  /** Tells the operator. */
  readonly notify: (watcher: Watcher, message: string) => void
  readonly log: Log
  /** Milliseconds since 1970; the real clock without it. */
  readonly now?: () => number
}

/**
 * Looks at what is watched, again and again, and climbs the ladder of what is wrong. Turns are in the ledger, looks are not.
 * How far a watcher is, is on disk before a step is taken: a crash can lose a step and never repeats one.
 */
export class Watchers implements WatchersPort {
  readonly #parts: WatchersParts
  readonly #now: () => number
  readonly #watchers: Map<string, KeptWatcher>
  readonly #nextAt = new Map<string, number>()
  readonly #looking = new Map<string, Promise<void>>()
  readonly #changes = new Mutex()
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined

  private constructor(parts: WatchersParts, watchers: readonly KeptWatcher[]) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
    this.#watchers = new Map(watchers.map((watcher) => [watcher.name, watcher]))
  }

  static async open(parts: WatchersParts): Promise<Watchers> {
    return new Watchers(parts, (await parts.file.load())?.watchers ?? [])
  }

  start(): void {
    for (const name of this.#watchers.keys()) this.#nextAt.set(name, this.#now())
    this.#setTimer()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stopping.abort(new CastellanError('shutting_down', 'agentd is stopping.'))
    await Promise.allSettled(this.#looking.values())
  }

  /** Brings the watchers in step with those that the host's configuration declares. Call before {@link start}. */
  async declare(declared: Readonly<Record<string, DeclaredWatcher>>): Promise<void> {
    const at = this.#now()
    const merged = mergeDeclared(
      [...this.#watchers.values()],
      declared,
      (name, declaration, createdBy): KeptWatcher => ({
        name: AgentName.parse(name),
        ...declaration,
        agreed: true,
        createdBy,
        createdAt: new Date(at).toISOString(),
        standing: freshStanding(at),
      }),
    )
    await this.#changes.run(() =>
      this.#change(() => {
        this.#watchers.clear()
        for (const watcher of merged) this.#watchers.set(watcher.name, watcher)
      }),
    )
  }

  list(): KeptWatcher[] {
    return [...this.#watchers.values()]
  }

  add(watcher: Watcher): Promise<KeptWatcher> {
    return this.#changes.run(async () => {
      if (this.#watchers.has(watcher.name)) {
        throw new CastellanError('already_exists', `There is a watcher ${watcher.name} already. Remove it first.`)
      }
      if (this.#watchers.size >= MOST_WATCHERS) {
        throw new CastellanError(
          'too_large',
          `There are ${MOST_WATCHERS} watchers, as many as there can be. Remove one first.`,
        )
      }
      const kept = { ...watcher, standing: freshStanding(this.#now()) }
      await this.#change(() => this.#watchers.set(kept.name, kept))
      this.#nextAt.set(kept.name, this.#now())
      this.#setTimer()
      return kept
    })
  }

  remove(name: string): Promise<KeptWatcher> {
    return this.#changes.run(async () => {
      const watcher = this.#watchers.get(name)
      if (watcher === undefined) {
        throw new CastellanError(
          'not_found',
          `There is no watcher ${JSON.stringify(name)}.${didYouMean(name, this.#watchers.keys())}`,
        )
      }
      refuseDeclared('watcher', watcher)
      await this.#change(() => this.#watchers.delete(name))
      this.#nextAt.delete(name)
      return watcher
    })
  }

  /** Looks at all whose time has come. The timer calls it; a test may. Resolves when the looks and their steps are done. */
  async tick(): Promise<void> {
    const now = this.#now()
    const due = [...this.#watchers.values()].filter(
      ({ name, everySeconds }) =>
        !this.#looking.has(name) &&
        // Later than one interval from now means that the clock was set back.
        ((this.#nextAt.get(name) ?? now) <= now || (this.#nextAt.get(name) ?? now) > now + everySeconds * 1000),
    )
    await Promise.all(due.slice(0, MOST_LOOKS - this.#looking.size).map((watcher) => this.#lookAt(watcher)))
  }

  async #lookAt(watcher: KeptWatcher): Promise<void> {
    this.#nextAt.set(watcher.name, this.#now() + watcher.everySeconds * 1000)
    const looking = this.#lookAndAct(watcher)
      .catch((error: unknown) => this.#parts.log.error({ err: error, watcher: watcher.name }, 'a watcher failed'))
      .finally(() => this.#looking.delete(watcher.name))
    this.#looking.set(watcher.name, looking)
    await looking
  }

  async #lookAndAct(watcher: KeptWatcher): Promise<void> {
    const { signal } = this.#stopping
    const seen = await this.#parts.look(watcher.check, signal)
    if (signal.aborted) return
    const verdict = judge(watcher, watcher.standing, { ...seen, at: this.#now() })
    const kept = await this.#keep(watcher, verdict)
    if (!kept) return
    if (verdict.turn !== undefined) await this.#tell(watcher, verdict)
    if (verdict.step !== undefined) await this.#take(verdict.step, watcher, verdict.standing.message)
  }

  /** Keeps how far it is, unless it was removed or replaced meanwhile. Only turns are worth a write. */
  #keep(watcher: KeptWatcher, { standing, turn }: Verdict): Promise<boolean> {
    return this.#changes.run(async () => {
      if (this.#watchers.get(watcher.name) !== watcher) return false
      const kept = { ...watcher, standing }
      if (turn === undefined) this.#watchers.set(watcher.name, kept)
      else await this.#change(() => this.#watchers.set(watcher.name, kept))
      return true
    })
  }

  async #tell({ name }: Watcher, { standing, turn, step }: Verdict): Promise<void> {
    const draft: LedgerDraft = {
      type: 'watcher_changed',
      actor: { kind: 'routine', name },
      ok: turn === 'recovered',
      facts: {
        turn: turn ?? 'none',
        failures: standing.failures,
        steps: standing.steps,
        ...(step ? { act: step.act } : {}),
      },
    }
    await this.#parts.ledger.append(draft, { summary: standing.message })
  }

  /** A step that fails or is refused is in the ledger like any call, and the next one comes after its grace. */
  async #take(step: Step, watcher: Watcher, message: string): Promise<void> {
    if (step.act === 'notify') return this.#parts.notify(watcher, message)
    const call =
      step.act === 'restart'
        ? { tool: 'service_restart', args: { unit: step.unit } }
        : { tool: 'generation_rollback', args: {} }
    const errand = { name: watcher.name, session: newId('ses'), agreed: watcher.agreed, signal: this.#stopping.signal }
    await this.#parts.makeCall(call, errand).catch((error: unknown) => {
      this.#parts.log.warn({ err: error, watcher: watcher.name, act: step.act }, 'a step of a watcher was refused')
    })
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    if (this.#stopping.signal.aborted || this.#watchers.size === 0) return
    const next = Math.min(...this.#nextAt.values()) - this.#now()
    this.#timer = setTimeout(
      () => {
        void this.tick()
        this.#setTimer()
      },
      Math.min(30_000, Math.max(1000, next)),
    )
    this.#timer.unref()
  }

  /** Makes a change that holds only once it is on disk. */
  async #change(change: () => void): Promise<void> {
    const before = new Map(this.#watchers)
    change()
    try {
      await this.#parts.file.save({ version: 1, watchers: [...this.#watchers.values()] })
    } catch (error) {
      this.#watchers.clear()
      for (const [name, watcher] of before) this.#watchers.set(name, watcher)
      throw error
    }
  }
}
