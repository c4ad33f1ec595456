import {
  CastellanError,
  type EmergencyEvent,
  type Freeze,
  type FreezeState,
  type IncidentId,
  type LedgerDraft,
  newId,
  type PanicRequest,
  type ThawRequest,
} from '@castellan/contracts'
import { Latch, type Log } from '@castellan/daemon'
import { Watchers } from '../approvals/watchers.ts'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import { Schedule } from '../state/schedule.ts'

/** How often it is looked at whether `agentctl panic` or `thaw` went past agentd, in milliseconds. */
const LOOK_MS = 1000

const OPERATOR = { kind: 'operator', name: 'operator' } as const
const SYSTEM = { kind: 'system', name: 'agentd' } as const

const entryTypes = { frozen: 'agents_frozen', thawed: 'agents_thawed', wiped: 'state_wiped' } as const

export interface EmergencyParts {
  /** The instance's, absolute. */
  readonly stateDir: string
  readonly ledger: Pick<Recorder, 'append' | 'query'>
  readonly log: Log
}

/** What stops when agents are frozen, and goes on when they are not. Told in the order in which they were added. */
export interface Freezable {
  freeze(why: CastellanError): Promise<void> | void
  thaw(): Promise<void> | void
}

/**
 * The operator's emergency stop. While it is on, nobody but the operator acts: calls of agents, routines and watchers are
 * refused with `agents_frozen`, those that run are stopped, questions to people are off the table. Written down in the
 * {@link Latch}, so a restart changes nothing. See docs/emergency.md.
 */
export class Emergency {
  readonly #parts: EmergencyParts
  readonly #latch: Latch
  readonly #frozen: Freezable[] = []
  readonly #changes = new Mutex()
  readonly #waiting = new Watchers<'freeze'>()
  readonly #looking: Schedule
  #state: Freeze | null
  /** A freeze that is in force and not on disk yet. */
  #unwritten: Freeze | null = null

  private constructor(parts: EmergencyParts, latch: Latch, state: Freeze | null) {
    this.#parts = parts
    this.#latch = latch
    this.#state = state
    this.#looking = new Schedule(
      LOOK_MS,
      () => this.look(),
      (error) => parts.log.error({ err: error }, 'an emergency could not be recorded yet'),
    )
  }

  static async open(parts: EmergencyParts): Promise<Emergency> {
    const latch = new Latch(parts.stateDir)
    return new Emergency(parts, latch, await latch.read())
  }

  /** Something that has to stop in an emergency. What is added while agents are frozen is not told to stop. */
  add(freezable: Freezable): void {
    this.#frozen.push(freezable)
  }

  /** Looks for what went past agentd, now and every second. */
  start(): void {
    this.#looking.start()
  }

  async close(): Promise<void> {
    this.#waiting.close()
    await this.#looking.stop()
  }

  get state(): FreezeState {
    return { freeze: this.#state ?? this.#unwritten }
  }

  /** Whether agents are frozen, also by a file that agentd was not told of yet. */
  get isFrozen(): boolean {
    return this.state.freeze !== null || this.#latch.isSet
  }

  /** Throws `agents_frozen` while agents are frozen. */
  refuseIfFrozen(): void {
    if (this.isFrozen) throw frozen(this.state.freeze)
  }

  /**
   * Freezes all agents: in force at once, then on disk, then in the ledger. Throws where it cannot be written down; agents
   * are frozen all the same, and writing is tried again every second. `incident` is what an automatic freeze contains.
   */
  panic({ level, reason = '' }: PanicRequest, incident?: IncidentId): Promise<FreezeState> {
    const at = new Date().toISOString()
    const wanted: Freeze = { id: newId('frz'), level, at, reason, ...(incident === undefined ? {} : { incident }) }
    // Not in line with other changes: whatever those wait for, nobody acts from here on.
    this.#unwritten = wanted
    return this.#changes.run(async () => {
      const written = this.#write(wanted)
      await this.#enter(await written.catch(() => wanted))
      await written
      await this.#tell()
      return this.state
    })
  }

  /** Lets agents act again. Throws `conflict` where they are not frozen. */
  thaw({ reason = '' }: ThawRequest): Promise<FreezeState> {
    return this.#changes.run(async () => {
      if (!this.isFrozen) throw new CastellanError('conflict', 'Agents are not frozen, so there is nothing to thaw.')
      await this.#latch.clear(reason)
      this.#unwritten = null
      await this.#leave()
      await this.#tell()
      return this.state
    })
  }

  /** The state once it is another than `known` (an id, or none), or as it is after `seconds`. */
  async changed(known: string | null, seconds: number, signal: AbortSignal): Promise<FreezeState> {
    if ((this.#state?.id ?? null) === known) await this.#waiting.changed('freeze', seconds * 1000, signal)
    return this.state
  }

  /** Takes over what was done past agentd, and tells the ledger what it does not know. A timer calls it; a test may. */
  look(): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#unwritten !== null) await this.#write(this.#unwritten)
      const freeze = await this.#latch.read()
      if (freeze === null && this.#state !== null) await this.#leave()
      else if (freeze !== null && freeze.id !== this.#state?.id) await this.#enter(freeze)
      await this.#tell()
    })
  }

  async #write(wanted: Freeze): Promise<Freeze> {
    try {
      return await this.#latch.set(wanted)
    } finally {
      if (this.#latch.isSet && this.#unwritten === wanted) this.#unwritten = null
    }
  }

  async #enter(freeze: Freeze): Promise<void> {
    this.#state = freeze
    this.#waiting.notify('freeze')
    this.#parts.log.warn({ freeze: freeze.id, level: freeze.level }, 'agents are frozen')
    for (const part of this.#frozen) await this.#tried(() => part.freeze(frozen(freeze)))
  }

  async #leave(): Promise<void> {
    this.#state = null
    this.#waiting.notify('freeze')
    this.#parts.log.warn('agents may act again')
    for (const part of this.#frozen) await this.#tried(() => part.thaw())
  }

  /** One part that fails keeps no other from stopping. */
  async #tried(act: () => Promise<void> | void): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#parts.log.error({ err: error }, 'a part could not be told of the emergency')
    }
  }

  /** A ledger that takes no entry keeps nobody from freezing: it is told at the next look. */
  async #tell(): Promise<void> {
    try {
      for (const event of await this.#latch.notes()) {
        if (!(await this.#isKnown(event))) await this.#parts.ledger.append(draftOf(event), { reason: event.note })
        await this.#latch.settle(event)
      }
    } catch (error) {
      this.#parts.log.error({ err: error }, 'an emergency is not in the ledger yet')
    }
  }

  /** It is, where agentd ended between its entry and forgetting the note. */
  async #isKnown({ kind, freeze, at }: EmergencyEvent): Promise<boolean> {
    const { records } = await this.#parts.ledger.query({ type: entryTypes[kind], limit: 100 })
    return records.some(({ entry }) => entry.facts?.freeze === freeze.id && entry.facts?.at === at)
  }
}

/** Containment freezes by itself; only the operator thaws and wipes. */
function draftOf({ kind, freeze, at }: EmergencyEvent): LedgerDraft {
  const { id, level, incident } = freeze
  return {
    type: entryTypes[kind],
    actor: kind === 'frozen' && incident !== undefined ? SYSTEM : OPERATOR,
    facts: { freeze: id, level, at, ...(incident === undefined ? {} : { incident }) },
  }
}

function frozen(freeze: Freeze | null): CastellanError {
  const since = freeze === null ? '' : ` since ${freeze.at}`
  return new CastellanError(
    'agents_frozen',
    `All agents are frozen${since}, so nothing was done. \`agentctl thaw\` lets them act again.`,
    { detail: { freeze: freeze?.id ?? null, level: freeze?.level ?? null } },
  )
}
