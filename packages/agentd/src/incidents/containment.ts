import { CastellanError, type Containment, type ContainmentAction, type Incident } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { Mutex } from '../state/mutex.ts'
import { Schedule } from '../state/schedule.ts'
import type { Incidents } from './incidents.ts'
import { measuresFor } from './rules.ts'

/** Something that can be done against an incident, seen to hold, and taken back. Doing either twice is the same as once. */
export interface Measure {
  /** Does it. Answers what it was done to, for {@link lift}; `ref` is that of an earlier try. Throws where it cannot be done. */
  apply(incident: Incident, ref: string): Promise<string>
  /** Looks, by other means than those that did it. Answers what was seen in a sentence; throws where it does not hold. */
  verify(ref: string): Promise<string>
  /** Takes it back and looks. Answers what was seen; throws where it cannot be, or has to be done by the operator. */
  lift(ref: string, incident: Incident): Promise<string>
}

export type Measures = Readonly<Record<ContainmentAction, Measure>>

const HELD: ReadonlySet<Containment['state']> = new Set(['applying', 'in_force', 'lifting'])

/** How often what failed is tried again, in milliseconds. */
const AGAIN_MS = 60_000

export interface ContainmentParts {
  readonly incidents: Incidents
  readonly measures: Measures
  readonly log: Log
}

/**
 * Does what the rules ask for when an incident is raised or gets worse, one measure after the other. What is about to be done is
 * written down first, so that a run which ends in the middle is ended by the next one: {@link converge}.
 */
export class Containments {
  readonly #parts: ContainmentParts
  readonly #changes = new Mutex()
  readonly #converging: Schedule
  #pending = 0

  constructor(parts: ContainmentParts) {
    this.#parts = parts
    this.#converging = new Schedule(
      AGAIN_MS,
      () => this.converge(),
      (error) => parts.log.error({ err: error }, 'incidents could not be brought to order'),
    )
    parts.incidents.onWorse((incident) => this.#follow(incident))
  }

  /** Converges now and every minute. */
  start(): void {
    this.#converging.start()
  }

  /** Waits for what is being done. */
  async stop(): Promise<void> {
    await this.#converging.stop()
    await this.idle()
  }

  /** Ends what the last run began, does what it did not come to, and tries again what failed. */
  async converge(): Promise<void> {
    const { incidents, log } = this.#parts
    for (const incident of incidents.list()) {
      for (const { action, state, by, ref } of incident.containment) {
        const again = state === 'applying' ? () => this.contain(incident.id, action, by) : undefined
        const back = state === 'lifting' ? () => this.lift(incident.id, action, by) : undefined
        await (again ?? back)?.().catch((error: unknown) => {
          log.error(
            { err: error, incident: incident.id, action, ref },
            'what contains an incident could not be brought to an end',
          )
        })
      }
      // Where the operator has begun to walk back, what is lifted stays so.
      const walking = incident.containment.some(({ state }) => state === 'lifted' || state === 'lifting')
      if (incident.state !== 'resolved' && !walking) this.#follow(incidents.get(incident.id))
    }
  }

  /** Does one measure against one incident and sees that it holds. Throws `containment_failed`; what it wrote down stays. */
  contain(id: string, action: ContainmentAction, by: string): Promise<Incident> {
    return this.#changes.run(async () => {
      const { incidents, measures } = this.#parts
      const measure = measures[action]
      const earlier = incidents.get(id).containment.find((one) => one.action === action)
      if (earlier?.state === 'in_force') return incidents.get(id)
      let ref = earlier?.state === 'applying' ? earlier.ref : ''
      const incident = await incidents.setContainment(id, { action, state: 'applying', by, verified: '', ref })
      try {
        ref = (await measure.apply(incident, ref)).slice(0, 200)
        const verified = await measure.verify(ref)
        return await incidents.setContainment(id, { action, state: 'in_force', by, verified, ref })
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        await incidents.setContainment(id, { action, state: 'failed', by, verified: why, ref })
        throw new CastellanError('containment_failed', `${action} could not be done, or not be seen to hold: ${why}`, {
          cause: error,
        })
      }
    })
  }

  /** Takes one measure back, unless another incident needs it too. Throws what the measure says; then it is in force as it was. */
  lift(id: string, action: ContainmentAction, by: string): Promise<Incident> {
    return this.#changes.run(async () => {
      const { incidents, measures } = this.#parts
      const incident = incidents.get(id)
      const held = incident.containment.find((one) => one.action === action)
      if (held === undefined || held.state === 'lifted' || held.state === 'failed') return incident
      const { ref } = held
      const others = incidents.heldBy(action).filter((other) => other.id !== id && refOf(other, action) === ref)
      if (others[0] !== undefined) {
        const verified = `It stays in force for incident ${others[0].id}.`
        return incidents.setContainment(id, { action, state: 'lifted', by, verified, ref })
      }
      await incidents.setContainment(id, { action, state: 'lifting', by, verified: '', ref })
      try {
        const verified = await measures[action].lift(ref, incident)
        return await incidents.setContainment(id, { action, state: 'lifted', by, verified, ref })
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        await incidents.setContainment(id, { action, state: 'in_force', by, verified: `It is not lifted: ${why}`, ref })
        throw error
      }
    })
  }

  /** Resolves once nothing is being done. */
  async idle(): Promise<void> {
    while (this.#pending > 0) await this.#changes.run(async () => undefined)
  }

  #follow(incident: Incident): void {
    const { incidents, log } = this.#parts
    const wanted = measuresFor(incidents.rules, incident)
    const missing = wanted.filter(
      (action) => !incident.containment.some((one) => one.action === action && HELD.has(one.state)),
    )
    for (const action of missing) {
      this.#pending += 1
      this.contain(incident.id, action, 'rule')
        .catch((error: unknown) =>
          log.error({ err: error, incident: incident.id, action }, 'an incident is not contained'),
        )
        .finally(() => {
          this.#pending -= 1
        })
    }
  }
}

function refOf({ containment }: Incident, action: ContainmentAction): string | undefined {
  return containment.find((one) => one.action === action)?.ref
}
