import {
  AgentName,
  type CallOutcome,
  CastellanError,
  type LedgerDraft,
  type LedgerIndex,
  newId,
  type SessionId,
} from '@castellan/contracts'
import { didYouMean, type Log } from '@castellan/daemon'
import type { DeclaredRoutine } from '../declared/config.ts'
import { mergeDeclared, refuseDeclared } from '../declared/merge.ts'
import type { RoutineState, RoutinesPort } from '../host/routines.ts'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import type { MakeCall } from './caller.ts'
import { defaultRoutines } from './defaults.ts'
import type { CallReport, KeptRoutine, Routine, RoutineCall, RoutineFile, RunReport, Trigger } from './routine.ts'
import { checkTiming, nextRun } from './timing.ts'

/** The clock is looked at this often at least, in milliseconds, so that setting it is noticed. */
const LOOK_MS = 30_000
const MOST_ROUTINES = 200
/** A run that was due this long ago was missed, not late, in milliseconds. */
const LATE_MS = 5 * 60_000
const DAY_MS = 86_400_000

/** What a routine may not do: it would make itself, or answer for itself. */
const unfit = /^(routine|watcher|approval|capability|undo)_(?!list$|history$|status$|preview$)/

export interface RoutinesParts {
  readonly file: StateFile<typeof RoutineFile>
  readonly ledger: Pick<Recorder, 'append'>
  readonly makeCall: MakeCall
  /** Throws what the call path throws where there is no such tool or these are no arguments for it. */
  readonly checkCall: (call: RoutineCall) => void
  readonly log: Log
  /** Milliseconds since 1970; the real clock without it. */
  readonly now?: () => number
  /** 0 to 1; chance without it. */
  readonly random?: () => number
}

interface Plan {
  /** The moment by its timing, and the moment it starts, which is up to the jitter later. */
  readonly dueAt: number
  readonly startAt: number
  readonly trigger: Trigger
}

/**
 * Runs routines when they are due. Each run is an entry in the ledger; a routine never overlaps itself; how far it came is
 * on disk before it starts, so a crash can lose a run and never doubles one.
 */
export class Routines implements RoutinesPort {
  readonly #parts: RoutinesParts
  readonly #now: () => number
  readonly #routines: Map<string, KeptRoutine>
  readonly #plans = new Map<string, Plan>()
  readonly #running = new Map<string, Promise<unknown>>()
  readonly #changes = new Mutex()
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined

  private constructor(parts: RoutinesParts, routines: readonly KeptRoutine[]) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
    this.#routines = new Map(routines.map((routine) => [routine.name, routine]))
  }

  /** A state folder without routines gets the default ones. */
  static async open(parts: RoutinesParts): Promise<Routines> {
    const saved = await parts.file.load()
    const routines = new Routines(parts, saved?.routines ?? defaultRoutines((parts.now ?? Date.now)()))
    if (saved === undefined) await routines.#save()
    return routines
  }

  /** Plans every routine, what was missed among them, and begins to watch the clock. */
  start(): void {
    for (const routine of this.#routines.values()) this.#plan(routine, true)
    this.#setTimer()
  }

  /** Starts nothing more, tells what runs to stop, and waits for it. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stopping.abort(new CastellanError('shutting_down', 'agentd is stopping, so the routine was stopped.'))
    await Promise.allSettled(this.#running.values())
  }

  /**
   * Brings the routines in step with those that the host's configuration declares. Call before {@link start}. Throws
   * `config_invalid` for one that never comes, calls a tool that there is not, or what no routine may.
   */
  async declare(declared: Readonly<Record<string, DeclaredRoutine>>): Promise<void> {
    for (const [name, { timing, calls }] of Object.entries(declared)) {
      try {
        checkTiming(timing, this.#now())
        // Tools of other MCP servers are not there before these have started.
        for (const call of calls) if (!call.tool.includes('__')) this.#checkCall(call)
      } catch (cause) {
        throw new CastellanError('config_invalid', `The routine ${name}: ${(cause as Error).message}`, { cause })
      }
    }
    const at = new Date(this.#now()).toISOString()
    const merged = mergeDeclared(
      [...this.#routines.values()],
      declared,
      (name, declaration, createdBy): KeptRoutine => ({
        name: AgentName.parse(name),
        ...declaration,
        agreed: true,
        createdBy,
        createdAt: at,
        dueUpTo: at,
      }),
    )
    await this.#changes.run(() =>
      this.#change(() => {
        this.#routines.clear()
        for (const routine of merged) this.#routines.set(routine.name, routine)
      }),
    )
  }

  list(): RoutineState[] {
    return [...this.#routines.values()].map((routine) => this.#stateOf(routine))
  }

  add(routine: Routine): Promise<RoutineState> {
    return this.#changes.run(async () => {
      if (this.#routines.has(routine.name)) {
        throw new CastellanError('already_exists', `There is a routine ${routine.name} already. Remove it first.`)
      }
      if (this.#routines.size >= MOST_ROUTINES) {
        throw new CastellanError(
          'too_large',
          `There are ${MOST_ROUTINES} routines, as many as there can be. Remove one first.`,
        )
      }
      checkTiming(routine.timing, this.#now())
      for (const call of routine.calls) this.#checkCall(call)
      const kept = { ...routine, dueUpTo: new Date(this.#now()).toISOString() }
      await this.#change(() => this.#routines.set(kept.name, kept))
      this.#plan(kept, false)
      this.#setTimer()
      return this.#stateOf(kept)
    })
  }

  remove(name: string): Promise<KeptRoutine> {
    return this.#changes.run(async () => {
      const routine = this.#find(name)
      refuseDeclared('routine', routine)
      await this.#change(() => this.#routines.delete(name))
      this.#plans.delete(name)
      this.#setTimer()
      return routine
    })
  }

  async trigger(name: string, signal: AbortSignal): Promise<RunReport> {
    const routine = this.#find(name)
    if (this.#running.has(name)) {
      throw new CastellanError('busy', `Routine ${name} is running already. routine_history shows how it ended.`, {
        retryAfterSeconds: 10,
      })
    }
    return this.#run(routine, 'manual', AbortSignal.any([signal, this.#stopping.signal]))
  }

  /** Starts what is due by now. The timer calls it; a test may. Resolves when all that it started has ended. */
  async tick(): Promise<void> {
    const now = this.#now()
    const due = [...this.#plans].filter(([, { startAt }]) => startAt <= now)
    await Promise.all(due.map(([name, plan]) => this.#start(name, plan)))
  }

  async #start(name: string, { dueAt, trigger }: Plan): Promise<void> {
    const routine = this.#routines.get(name)
    this.#plans.delete(name)
    if (routine === undefined) return
    const reached = { ...routine, dueUpTo: new Date(Math.max(dueAt, this.#now())).toISOString() }
    try {
      await this.#changes.run(async () => {
        if (this.#routines.get(name) === routine) await this.#change(() => this.#routines.set(name, reached))
      })
      this.#plan(reached, false)
      if (this.#running.has(name)) await this.#skip(reached, 'overlap')
      else await this.#run(reached, trigger, this.#stopping.signal)
    } catch (error) {
      this.#parts.log.error({ err: error, routine: name }, 'a routine could not be run')
      if (!this.#plans.has(name) && this.#routines.has(name)) this.#plan(reached, false)
    } finally {
      this.#setTimer()
    }
  }

  #run(routine: KeptRoutine, trigger: Trigger, signal: AbortSignal): Promise<RunReport> {
    const run = this.#runAll(routine, trigger, signal).finally(() => this.#running.delete(routine.name))
    this.#running.set(routine.name, run)
    return run
  }

  async #runAll(routine: KeptRoutine, trigger: Trigger, signal: AbortSignal): Promise<RunReport> {
    const startedAt = performance.now()
    const session = newId('ses')
    const calls: CallReport[] = []
    for (const call of routine.calls) {
      const report = await this.#make(call, routine, session, signal)
      calls.push(report)
      if (signal.aborted || (!report.ok && routine.onFailure === 'stop')) break
    }
    const failed = calls.filter(({ ok }) => !ok)
    const ok = failed.length === 0
    const durationMs = Math.round(performance.now() - startedAt)
    const code = failed[0]?.code
    const ledgerIndex = await this.#record({
      ...about(routine),
      type: 'routine_run',
      session,
      ok,
      ...(code ? { code } : {}),
      duration_ms: durationMs,
      facts: { trigger, calls: routine.calls.length, made: calls.length, failed: failed.length },
    })
    return { routine: routine.name, trigger, ok, calls, durationMs, ledgerIndex }
  }

  async #make(call: RoutineCall, routine: KeptRoutine, session: SessionId, signal: AbortSignal): Promise<CallReport> {
    const { name, agreed } = routine
    try {
      return reportOf(await this.#parts.makeCall(call, { name, session, agreed, signal }))
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error
      return { tool: call.tool, ok: false, summary: error.message, code: error.code, ledgerIndex: null }
    }
  }

  async #skip(routine: KeptRoutine, reason: 'overlap' | 'missed'): Promise<void> {
    await this.#record({ ...about(routine), type: 'routine_skipped', facts: { reason } })
  }

  async #record(draft: LedgerDraft): Promise<LedgerIndex | null> {
    return this.#parts.ledger.append(draft).catch((error: unknown) => {
      this.#parts.log.error({ err: error, entry: draft.type }, 'a run of a routine could not be recorded')
      return null
    })
  }

  /** Finds when it starts next. At agentd's start what was due meanwhile counts as missed, unless it is only late. */
  #plan(routine: KeptRoutine, atStart: boolean): void {
    const now = this.#now()
    const anchor = Date.parse(routine.createdAt)
    const due = nextRun(routine.timing, this.#reached(routine), anchor)
    const jitter = Math.floor((this.#parts.random ?? Math.random)() * routine.jitterSeconds * 1000)
    if (atStart && due !== undefined && due < now - LATE_MS) {
      if (routine.catchUp === 'once') {
        this.#plans.set(routine.name, { dueAt: now, startAt: now + jitter, trigger: 'catch_up' })
        return
      }
      void this.#skip(routine, 'missed')
    }
    const next = due !== undefined && due >= now - LATE_MS ? due : nextRun(routine.timing, now, anchor)
    if (next === undefined) return
    this.#plans.set(routine.name, { dueAt: next, startAt: next + jitter, trigger: 'schedule' })
  }

  /** A clock that was set back by more than a day had been wrong when the routine ran; what it had run for comes again. */
  #reached({ dueUpTo }: KeptRoutine): number {
    const reached = Date.parse(dueUpTo)
    return reached > this.#now() + DAY_MS ? this.#now() : reached
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    if (this.#stopping.signal.aborted) return
    const starts = [...this.#plans.values()].map(({ startAt }) => startAt)
    const wait = Math.min(LOOK_MS, Math.min(...starts) - this.#now())
    this.#timer = setTimeout(
      () => {
        void this.tick().finally(() => this.#setTimer())
        this.#setTimer()
      },
      Math.max(50, wait),
    )
    this.#timer.unref()
  }

  #checkCall(call: RoutineCall): void {
    if (unfit.test(call.tool)) {
      throw new CastellanError(
        'invalid_arguments',
        `A routine may not call ${call.tool}: it would decide about itself.`,
      )
    }
    this.#parts.checkCall(call)
  }

  #find(name: string): KeptRoutine {
    const routine = this.#routines.get(name)
    if (routine !== undefined) return routine
    throw new CastellanError(
      'not_found',
      `There is no routine ${JSON.stringify(name)}.${didYouMean(name, this.#routines.keys())}`,
    )
  }

  #stateOf(routine: KeptRoutine): RoutineState {
    const plan = this.#plans.get(routine.name)
    return {
      routine,
      nextRunAt: plan === undefined ? null : new Date(plan.startAt),
      running: this.#running.has(routine.name),
    }
  }

  /** Makes a change that holds only once it is on disk. */
  async #change(change: () => void): Promise<void> {
    const before = new Map(this.#routines)
    change()
    try {
      await this.#save()
    } catch (error) {
      this.#routines.clear()
      for (const [name, routine] of before) this.#routines.set(name, routine)
      throw error
    }
  }

  async #save(): Promise<void> {
    await this.#parts.file.save({ version: 1, routines: [...this.#routines.values()] })
  }
}

function about({ name }: KeptRoutine): Pick<LedgerDraft, 'actor'> {
  return { actor: { kind: 'routine', name } }
}

function reportOf({ tool, ok, summary, error, ledger_index }: CallOutcome): CallReport {
  return { tool, ok, summary, code: error?.code ?? null, ledgerIndex: ledger_index }
}
