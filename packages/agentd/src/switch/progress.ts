import type { Log } from '@castellan/daemon'
import type { Drive } from './drive.ts'
import type { Journal } from './journal.ts'
import type { KnownBadList } from './known-bad.ts'
import type { SwitchMachine } from './machine.ts'
import { back, failed, type Next, refused } from './next.ts'
import { isOver, type Phase, type SwitchRecord } from './record.ts'
import { type Steps, wordsOf } from './steps.ts'
import type { Story } from './story.ts'

/** Until here nothing was changed, so failing is refusing. */
const harmless: readonly Phase[] = ['built', 'prechecked', 'baseline']

export interface ProgressParts {
  readonly journal: Journal
  readonly knownBad: KnownBadList
  readonly machine: SwitchMachine
  readonly steps: Steps
  readonly story: Story
  readonly log: Log
  /** Aborted when agentd stops. */
  readonly closing: AbortSignal
}

/** Takes a switch from phase to phase, each on disk and in the ledger before its work begins. */
export class Progress {
  readonly #parts: ProgressParts

  constructor(parts: ProgressParts) {
    this.#parts = parts
  }

  /** Goes on with it in the background, until it is over or waits for a boot. */
  run(drive: Drive): void {
    drive.done = this.#advance(drive).catch((error: unknown) => {
      this.#parts.log.error({ err: error, switch: drive.record.id }, 'a switch cannot go on')
    })
  }

  /** From phase to phase until it is over or waits for a boot. */
  async #advance(drive: Drive): Promise<void> {
    for (;;) {
      const step = this.#parts.steps.of[drive.record.phase]
      if (step === undefined) return
      let next: Next
      try {
        next = await step(drive)
      } catch (error) {
        if (this.#parts.closing.aborted) return
        next = this.#afterError(drive, error)
      }
      if (this.#parts.closing.aborted) return
      await this.enter(drive, next)
    }
  }

  #afterError(drive: Drive, error: unknown): Next {
    const { record, unwanted } = drive
    const wanted = drive.unwanted === undefined
    if (record.phase === 'rolling_back') {
      if (wanted) return failed(`Going back failed: ${wordsOf(error)}`)
      // It was interrupted to go back, and goes back.
      drive.renew(this.#parts.closing)
      return back(`${unwanted} took it back.`, { blamed: false })
    }
    const why = wanted ? `It could not go on: ${wordsOf(error)}` : `${unwanted} took it back.`
    if (!wanted) drive.renew(this.#parts.closing)
    return harmless.includes(record.phase) ? refused(why.replace(/\.$/, '')) : back(why, { blamed: false })
  }

  /** On disk, then in the ledger, then known. What leads forward needs both; what leads back goes on without. */
  async enter(drive: Drive, next: Next): Promise<void> {
    const { record } = drive
    const step = { phase: next.phase, at: new Date().toISOString(), note: next.note.slice(0, 2000) }
    const bootId = await this.#parts.machine.bootId()
    const entered = { ...record, ...next.fields, phase: next.phase, bootId, steps: [...record.steps, step] }
    const leadsBack = next.phase === 'rolling_back' || isOver(entered)
    try {
      await this.#parts.journal.save(entered)
      await this.#parts.story.tell(entered)
    } catch (error) {
      this.#parts.log.error({ err: error, switch: record.id, phase: next.phase }, 'a step of a switch is not on record')
      if (!leadsBack) return this.enter(drive, this.#afterError(drive, error))
    }
    await this.#conclude(entered)
    drive.entered(entered)
  }

  async #conclude(record: SwitchRecord): Promise<void> {
    const { id, to, phase, blamed, outcome, steps } = record
    if (!isOver(record)) return
    try {
      const at = steps.at(-1)?.at ?? new Date().toISOString()
      if (phase === 'committed') await this.#parts.knownBad.remove(to.path)
      if (blamed && phase !== 'committed')
        await this.#parts.knownBad.add({ path: to.path, switchId: id, at, reason: outcome ?? '' })
      // This one and the newest that was committed keep their systems: a way back must not be collected as garbage.
      const all = await this.#parts.journal.list()
      const committed = all.find((other) => other.phase === 'committed')
      if (phase !== 'committed' && committed !== undefined) await this.#parts.journal.setWayBack(committed.id)
      const kept = new Set([id, committed?.id])
      for (const other of all) if (!kept.has(other.id)) await this.#parts.machine.release(other.id)
    } catch (error) {
      this.#parts.log.error({ err: error, switch: id }, 'what a switch leaves behind could not be put in order')
    }
  }
}
