import type { LedgerRecord } from '@castellan/contracts'
import { computed, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Api } from '../api/api.ts'
import type { Live } from '../live/live.ts'
import { readByTool } from '../live/reading.ts'
import { Resource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { joined, runOf, turnOf } from './runs.ts'
import type { RoutineView, Run, RunPage } from './views.ts'

/** Routines read in one call, as many as there can be. */
const MOST = 200
/** Runs read at first, of all routines together. */
const RUNS = 200
/** Routines that ran so rarely that none of those runs is theirs are asked about one by one, so many of them. */
const RARE = 12

/** The routines, how each ran, and which run now: read once, and kept up by what the ledger is told. */
export class RoutineList {
  readonly #api: Api
  readonly #live: Live
  readonly #runs = signal<readonly Run[]>([])
  /** What began or ended since the list was read. */
  readonly #turns = signal<ReadonlyMap<string, boolean>>(new Map())
  #hangUp = () => {}

  readonly routines: Resource<readonly RoutineView[]>
  /** By routine, newest first. */
  readonly runs = computed(() => Map.groupBy(this.#runs.value, ({ routine }) => routine))

  constructor(api: Api, live: Live) {
    this.#api = api
    this.#live = live
    this.routines = new Resource((asking) => this.#read(asking))
  }

  open(): void {
    this.#hangUp = this.#live.listen(({ records, gap }) => {
      if (gap) void this.reload()
      else this.#hear(records)
    })
    void this.reload()
  }

  close(): void {
    this.#hangUp()
    this.routines.close()
  }

  isRunning({ name, running }: RoutineView): boolean {
    return this.#turns.value.get(name) ?? running
  }

  async reload(): Promise<void> {
    this.#runs.value = []
    await this.routines.reload()
  }

  async #read(asking: AbortSignal): Promise<readonly RoutineView[]> {
    const list = readByTool<{ readonly routines: readonly RoutineView[] }>(
      this.#api,
      'routine_list',
      { limit: MOST },
      asking,
    )
    if (this.#runs.peek().length > 0) return this.#freshly((await list).routines)
    const [{ routines }, history] = await Promise.all([list, this.#history({ limit: RUNS }, asking)])
    asking.throwIfAborted()
    this.#runs.value = joined(this.#runs.peek(), history.runs)
    if (history.truncated) {
      const seen = new Set(history.runs.map(({ routine }) => routine))
      const rare = routines.filter(({ name }) => !seen.has(name)).slice(0, RARE)
      const pages = await Promise.all(rare.map(({ name }) => this.#history({ name, limit: 30 }, asking)))
      asking.throwIfAborted()
      this.#runs.value = pages.reduce((runs, page) => joined(runs, page.runs), this.#runs.peek())
    }
    return this.#freshly(routines)
  }

  #freshly(routines: readonly RoutineView[]): readonly RoutineView[] {
    this.#turns.value = new Map()
    return routines
  }

  #history(args: { readonly name?: string; readonly limit: number }, asking: AbortSignal): Promise<RunPage> {
    return readByTool<RunPage>(this.#api, 'routine_history', args, asking)
  }

  #hear(records: readonly LedgerRecord[]): void {
    const entries = records.map(({ entry }) => entry)
    const ran = entries.map(runOf).filter((run) => run !== null)
    if (ran.length > 0) this.#runs.value = joined(this.#runs.peek(), ran)
    const turns = entries.map(turnOf).filter((turn) => turn !== null)
    if (turns.length > 0) {
      this.#turns.value = new Map([
        ...this.#turns.peek(),
        ...turns.map((turn) => [turn.routine, turn.running] as const),
      ])
    }
    // What runs next, agentd knows; and somebody may have added one or taken it away.
    const changed = entries.some(({ type, tool }) => type === 'outcome' && CHANGES.has(tool ?? ''))
    if (ran.length > 0 || changed) void this.routines.reload()
  }
}

const CHANGES: ReadonlySet<string> = new Set(['routine_add', 'routine_remove', 'undo_apply'])

/** The routines for as long as a component is shown. */
export function useRoutines(): RoutineList {
  const { api, live } = useSigned()
  const list = useMemo(() => new RoutineList(api, live), [api, live])
  useEffect(() => {
    list.open()
    return () => list.close()
  }, [list])
  return list
}
