import {
  CastellanError,
  type Incident,
  type IncidentClass,
  Incident as IncidentSchema,
  type LedgerActor,
  newId,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { z } from 'zod'
import type { Recorder } from '../ledger/recorder.ts'
import type { StateFile } from '../state/state-file.ts'

/** How long after it was last seen something counts as another incident, in milliseconds. */
const QUIET_MS = 60 * 60_000
/** Incidents kept; and different subjects in one class before the rest of that class is one incident. */
const MAX_KEPT = 256
const MAX_SUBJECTS = 32
const MAX_STEPS = 100
/** A count that goes up is saved at most this often, in milliseconds. */
const SAVE_MS = 1000

const SYSTEM: LedgerActor = { kind: 'system', name: 'agentd' }
/** The subject of what is seen beyond {@link MAX_SUBJECTS}. */
const MANY = 'many'

export const IncidentFile = z.strictObject({ version: z.literal(1), incidents: z.array(IncidentSchema) })

/** What was seen. */
export interface Sighting {
  readonly class: IncidentClass
  /** Whom or what it is about. */
  readonly subject: string
  /** What was seen, one sentence. */
  readonly summary: string
}

export interface IncidentsParts {
  readonly ledger: Pick<Recorder, 'append'>
  readonly file: StateFile<typeof IncidentFile>
  readonly log: Log
  /** Milliseconds since 1970; the real clock without it. */
  readonly now?: () => number
}

/**
 * What went wrong and the operator should know of. The same thing seen a hundred times is one incident with a count: its
 * first sighting is a ledger entry, the others only count.
 */
export class Incidents {
  readonly #parts: IncidentsParts
  readonly #now: () => number
  /** Oldest first. */
  #incidents: Incident[]
  #saving: NodeJS.Timeout | undefined

  private constructor(parts: IncidentsParts, incidents: Incident[]) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
    this.#incidents = incidents
  }

  static async open(parts: IncidentsParts): Promise<Incidents> {
    return new Incidents(parts, (await parts.file.load())?.incidents ?? [])
  }

  /** Takes note of it; never throws and never waits, so that whoever attacks does not slow the path of a call down. */
  raise(sighting: Sighting): Incident {
    const now = this.#now()
    const at = new Date(now).toISOString()
    const open = this.#openOf(sighting.class, now)
    const subject = sighting.subject.slice(0, 200)
    const known = open.find((incident) => incident.subject === subject)
    const catchAll = known === undefined && open.length >= MAX_SUBJECTS ? MANY : subject
    const same = known ?? open.find((incident) => incident.subject === catchAll)
    if (same !== undefined) {
      same.count += 1
      same.last_at = at
      this.#saveSoon()
      return same
    }
    const incident: Incident = {
      id: newId('inc'),
      class: sighting.class,
      subject: catchAll,
      summary: sighting.summary.slice(0, 1000),
      count: 1,
      first_at: at,
      last_at: at,
      state: 'open',
      steps: [],
    }
    this.#incidents = [...this.#incidents, incident].slice(-MAX_KEPT)
    void this.#record(incident)
    return incident
  }

  /** Raises what a refusal gives away: a capability or a session that somebody made up. */
  noteRefusal(error: unknown, who: string): void {
    if (!(error instanceof CastellanError)) return
    const { code, message } = error
    if (code === 'capability_invalid') this.raise({ class: 'policy_bypass_attempt', subject: who, summary: message })
    if (code === 'session_refused') this.raise({ class: 'unauthorized_access', subject: who, summary: message })
  }

  /** Throws `not_found`. */
  get(id: string): Incident {
    return { ...this.#find(id) }
  }

  /** Adds what was found or done; `contained` says that it cannot go on. Throws `not_found`, `conflict` once it is resolved. */
  async step(id: string, by: string, note: string, contained: boolean): Promise<Incident> {
    const incident = this.#find(id)
    if (incident.state === 'resolved') {
      throw new CastellanError('conflict', `Incident ${id} is resolved. If it is there again, create another one.`)
    }
    if (incident.steps.length >= MAX_STEPS) {
      throw new CastellanError(
        'too_large',
        `Incident ${id} has ${MAX_STEPS} steps, as many as it can have. Resolve it.`,
      )
    }
    incident.steps = [...incident.steps, { at: new Date(this.#now()).toISOString(), by, note }]
    if (contained) incident.state = 'contained'
    await this.#save()
    return { ...incident }
  }

  /** Closes it. Seen again, it is another incident. Throws as {@link step} does. */
  async resolve(id: string, by: string, resolution: string): Promise<Incident> {
    await this.step(id, by, resolution, false)
    const incident = this.#find(id)
    incident.state = 'resolved'
    await this.#save()
    return { ...incident }
  }

  #find(id: string): Incident {
    const incident = this.#incidents.find((candidate) => candidate.id === id)
    if (incident !== undefined) return incident
    throw new CastellanError('not_found', `There is no incident ${id}. incident_list shows those there are.`)
  }

  /** Newest first. */
  list(): Incident[] {
    return this.#incidents.map((incident) => ({ ...incident })).toReversed()
  }

  /** Those seen within the last hour. */
  get open(): number {
    const now = this.#now()
    return this.#incidents.filter(({ state, last_at }) => state !== 'resolved' && now - Date.parse(last_at) < QUIET_MS)
      .length
  }

  /** Saves the counts, at the end. */
  async close(): Promise<void> {
    clearTimeout(this.#saving)
    await this.#save()
  }

  #openOf(of: IncidentClass, now: number): Incident[] {
    return this.#incidents.filter(
      ({ class: its, state, last_at }) => its === of && state !== 'resolved' && now - Date.parse(last_at) < QUIET_MS,
    )
  }

  async #record({ id, class: of, subject, summary }: Incident): Promise<void> {
    const { ledger, log } = this.#parts
    log.warn({ incident: id, class: of, subject }, summary)
    await this.#save()
    const draft = { type: 'incident_opened' as const, actor: SYSTEM, code: of, facts: { incident: id, subject } }
    await ledger.append(draft, { summary }).catch((error: unknown) => {
      log.error({ err: error, incident: id }, 'an incident was not recorded')
    })
  }

  #saveSoon(): void {
    if (this.#saving !== undefined) return
    this.#saving = setTimeout(() => {
      this.#saving = undefined
      void this.#save()
    }, SAVE_MS)
    this.#saving.unref()
  }

  async #save(): Promise<void> {
    await this.#parts.file.save({ version: 1, incidents: this.#incidents }).catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'the counts of incidents were not saved')
    })
  }
}
