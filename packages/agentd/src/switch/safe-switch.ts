import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { SwitchPort, SwitchRequest, SwitchWatcher } from '../host/switch.ts'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import { StateFile } from '../state/state-file.ts'
import { DeadMan } from './dead-man.ts'
import { Drive } from './drive.ts'
import { Jobs } from './jobs.ts'
import { Journal } from './journal.ts'
import { KnownBadFile, KnownBadList } from './known-bad.ts'
import { readiness, SwitchMachine } from './machine.ts'
import { back } from './next.ts'
import { Progress } from './progress.ts'
import { isOver, type SwitchId, type SwitchPlan, type SwitchRecord } from './record.ts'
import { newRecord, planOf, storePath } from './request.ts'
import { resumeFrom } from './resume.ts'
import { Steps } from './steps.ts'
import { Story } from './story.ts'

export interface SafeSwitchParts {
  /** Its own folder. */
  readonly folder: string
  readonly ledger: Pick<Recorder, 'append' | 'query'>
  /** What a request leaves open. */
  readonly defaults: SwitchPlan
  readonly log: Log
}

/**
 * Switches this host to another NixOS system under guard (docs/safeswitch.md). One switch at a time; it belongs to
 * agentd and not to the call that began it, and is picked up again after a crash or a boot.
 */
export class SafeSwitch implements SwitchPort {
  readonly #parts: SafeSwitchParts
  readonly #journal: Journal
  readonly #knownBad: KnownBadList
  readonly #machine = new SwitchMachine()
  readonly #jobs: Jobs
  readonly #steps: Steps
  readonly #story: Story
  readonly #progress: Progress
  readonly #closing = new AbortController()
  readonly #beginning = new Mutex()
  #drive: Drive | undefined

  private constructor(parts: SafeSwitchParts, journal: Journal, knownBad: KnownBadList) {
    this.#parts = parts
    this.#journal = journal
    this.#knownBad = knownBad
    this.#jobs = new Jobs(journal)
    this.#steps = new Steps({ journal, jobs: this.#jobs, deadMan: new DeadMan(), machine: this.#machine })
    this.#story = new Story(parts.ledger, parts.log)
    this.#progress = new Progress({
      journal,
      knownBad,
      machine: this.#machine,
      steps: this.#steps,
      story: this.#story,
      log: parts.log,
      closing: this.#closing.signal,
    })
  }

  static async open(parts: SafeSwitchParts): Promise<SafeSwitch> {
    const journal = await Journal.open(parts.folder)
    const knownBad = await KnownBadList.open(new StateFile(join(parts.folder, 'known-bad.json'), KnownBadFile))
    return new SafeSwitch(parts, journal, knownBad)
  }

  /** Goes on with the switch that an earlier agentd did not end. Never throws: what cannot go on is logged. */
  async start(): Promise<void> {
    try {
      const records = await this.#journal.list()
      await this.#journal.prune(records)
      const [newest] = records
      if (newest !== undefined) await this.#story.tryToTell(newest)
      const open = records.find((record) => !isOver(record)) ?? (newest?.phase === 'committed' ? newest : undefined)
      if (open !== undefined) await this.#resume(open)
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the switch that was begun could not be gone on with')
    }
  }

  /** Lets go of the switch that is being made; its journal says where to go on. */
  async close(): Promise<void> {
    this.#closing.abort(new CastellanError('shutting_down', 'agentd is stopping.'))
    await this.#drive?.done
  }

  async begin(request: SwitchRequest, watcher: SwitchWatcher): Promise<SwitchRecord> {
    await this.#machine.check()
    const drive = await this.#beginning.run(() => this.#open(request))
    return this.#watch(drive, watcher, () => {
      if (!drive.begun) drive.takeBack(request.actor.name)
    })
  }

  async foresee(path: string, plan: Partial<SwitchPlan>) {
    await this.#machine.check()
    const to = storePath(path)
    const running = await this.#machine.running()
    const { refusals, inhibitors, notices } = await readiness(to, running.path, await this.#machine.booted())
    const bad = this.#knownBad.find(to)
    const { activation, confirm, probationSeconds, confirmSeconds } = this.#planOf(plan)
    const byBoot = activation === 'boot' || inhibitors.length > 0
    return {
      refusals: [...refusals, ...(bad === undefined ? [] : [`it was rolled back from on ${bad.at}: ${bad.reason}`])],
      effects: [
        byBoot
          ? `Makes ${to} what the next boot starts; that boot is judged like a switch.`
          : `Activates ${to} in place of ${running.path}. Until it is committed a restart of the host brings back the old one.`,
        ...inhibitors.map((reason) => `It can only be booted: ${reason}.`),
        `For ${probationSeconds} s its health is compared with what it is now; what newly fails takes it back.`,
        ...(confirm === 'health'
          ? []
          : [`A person has to confirm it within ${confirmSeconds} s, or it is taken back.`]),
        ...notices,
      ],
    }
  }

  current(): SwitchRecord | undefined {
    const record = this.#drive?.record
    return record === undefined || isOver(record) ? undefined : record
  }

  async status(id: SwitchId): Promise<SwitchRecord> {
    return this.#drive?.record.id === id ? this.#drive.record : this.#journal.load(id)
  }

  list(): Promise<readonly SwitchRecord[]> {
    return this.#journal.list()
  }

  knownBad() {
    return this.#knownBad.all()
  }

  async confirm(id: SwitchId | undefined, by: string, watcher: SwitchWatcher): Promise<SwitchRecord> {
    const drive = this.#running(id)
    const { phase, plan } = drive.record
    if (plan.confirm === 'health' || !['activated', 'probation', 'confirming'].includes(phase)) {
      const why = plan.confirm === 'health' ? 'its checks alone decide' : `it is ${phase.replaceAll('_', ' ')}`
      throw new CastellanError('conflict', `Switch ${drive.record.id} waits for nobody's word: ${why}.`)
    }
    drive.record = { ...drive.record, confirmedBy: by }
    await this.#journal.save(drive.record)
    drive.wake()
    return this.#watch(drive, watcher, () => undefined, true)
  }

  async rollBack(id: SwitchId | undefined, by: string, watcher: SwitchWatcher): Promise<SwitchRecord> {
    const drive = this.#running(id)
    const { phase } = drive.record
    if (phase === 'committing') {
      throw new CastellanError(
        'conflict',
        `Switch ${drive.record.id} is being committed. Wait for it, then switch back.`,
      )
    }
    if (phase === 'staged') {
      await this.#progress.enter(drive, back(`${by} took it back.`, { blamed: false }))
      this.#progress.run(drive)
    } else if (phase !== 'rolling_back') drive.takeBack(by)
    return this.#watch(drive, watcher, () => undefined, true)
  }

  #running(id: SwitchId | undefined): Drive {
    const drive = this.#drive
    if (drive === undefined || isOver(drive.record)) {
      throw new CastellanError('conflict', 'No switch is being made. switch_list shows those that were.')
    }
    if (id === undefined || drive.record.id === id) return drive
    throw new CastellanError('conflict', `Switch ${id} is over; ${drive.record.id} is being made.`)
  }

  /** Writes down what is to be done. Throws `switch_refused` or `conflict`; then there is no switch. */
  async #open(request: SwitchRequest): Promise<Drive> {
    const busy = this.current()
    if (busy !== undefined) {
      const what = busy.phase === 'staged' ? 'is staged for the next boot' : `is ${busy.phase.replaceAll('_', ' ')}`
      throw new CastellanError(
        'conflict',
        `Switch ${busy.id} ${what}. Let it end, or take it back with switch_rollback.`,
      )
    }
    const record = await newRecord(request, {
      plan: this.#planOf(request.plan),
      machine: this.#machine,
      knownBad: this.#knownBad,
    })
    await this.#journal.save(record)
    // Without its first entry in the ledger there is no switch: it must not be found and gone on with by a later start.
    await this.#story.tell(record).catch(async (error: unknown) => {
      await this.#journal.forget(record.id)
      throw error
    })
    const drive = new Drive(record, this.#closing.signal)
    this.#drive = drive
    this.#progress.run(drive)
    return drive
  }

  #planOf(wanted: Partial<SwitchPlan>): SwitchPlan {
    return planOf(wanted, this.#parts.defaults)
  }

  async #resume(record: SwitchRecord): Promise<void> {
    const sameBoot = record.bootId === (await this.#machine.bootId())
    const decided = await this.#journal.decided(record.id)
    const end = await this.#jobs.end(record.id, 'roll-back')
    const by = end === undefined || end === 'killed' ? undefined : end.who
    const found = {
      sameBoot,
      running: (await this.#machine.running()).path,
      decision: decided?.decision,
      wentBack: by ?? (decided?.decision === 'rollback' ? decided.by : undefined),
    }
    const next = resumeFrom(record, found)
    if (isOver(record) && next === null) return
    const drive = new Drive(record, this.#closing.signal)
    this.#drive = drive
    this.#parts.log.info({ switch: record.id, phase: record.phase, next: next?.phase }, 'going on with a switch')
    if (next !== null) await this.#progress.enter(drive, next)
    if (['armed', 'activating', 'activated', 'probation', 'confirming'].includes(drive.record.phase)) {
      await this.#steps.armDeadMan(drive)
    }
    this.#progress.run(drive)
  }

  /** Waits as far as the watcher does; `toTheEnd` also where the switch waits for somebody else. */
  async #watch(drive: Drive, watcher: SwitchWatcher, onGone: () => void, toTheEnd = false): Promise<SwitchRecord> {
    watcher.onStep(drive.record)
    const left = () => {
      onGone()
    }
    watcher.signal.addEventListener('abort', left, { once: true })
    try {
      const record = await drive.settled(watcher.signal, (step) => watcher.onStep(step), toTheEnd)
      if (this.#closing.signal.aborted && !drive.rests) this.#closing.signal.throwIfAborted()
      return record
    } catch (error) {
      watcher.signal.throwIfAborted()
      throw error
    } finally {
      watcher.signal.removeEventListener('abort', left)
    }
  }
}
