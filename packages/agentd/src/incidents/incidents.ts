import {
  CastellanError,
  type Containment,
  type ContainmentAction,
  type Incident,
  type IncidentClass,
  IncidentId,
  Incident as IncidentSchema,
  type LedgerActor,
  type LedgerEntryType,
  type LedgerFacts,
  newId,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { z } from 'zod'
import type { Recorder } from '../ledger/recorder.ts'
import { Schedule } from '../state/schedule.ts'
import type { StateFile } from '../state/state-file.ts'
import { Note, Notes } from './notes.ts'
import { baseSeverity, IncidentConfig, severityOf } from './rules.ts'
import type { Raises, Sighting } from './sighting.ts'

/** How long after it was last seen something counts as another incident, in milliseconds. */
const QUIET_MS = 60 * 60_000
/** Incidents kept; and different subjects in one class before the rest of that class is one incident. */
const MAX_KEPT = 256
const MAX_SUBJECTS = 32
const MAX_STEPS = 100
/** Ledger numbers that are kept of what tells of one incident: as many of the first as of the last. */
const MAX_EVIDENCE = 64
/** A count that goes up is saved, and what the ledger did not take is told again, at most this often; in milliseconds. */
const SAVE_MS = 1000
const TELL_MS = 5000

const SYSTEM: LedgerActor = { kind: 'system', name: 'agentd' }
/** The subject of what is seen beyond {@link MAX_SUBJECTS}. */
const MANY = 'many'

export const IncidentFile = z.strictObject({
  version: z.literal(1),
  incidents: z.array(IncidentSchema),
  notes: z.array(Note).default([]),
})

export interface IncidentsParts {
  readonly ledger: Pick<Recorder, 'append' | 'query'>
  readonly file: StateFile<typeof IncidentFile>
  readonly log: Log
  readonly rules?: IncidentConfig
  /** Milliseconds since 1970; the real clock without it. */
  readonly now?: () => number
}

/**
 * What went wrong and the operator should know of. The same thing seen a hundred times is one incident with a count: its
 * first sighting is a ledger entry, and so is every step to a higher severity; the others only count.
 */
export class Incidents implements Raises {
  readonly rules: IncidentConfig
  readonly #parts: IncidentsParts
  readonly #now: () => number
  readonly #notes: Notes
  readonly #telling: Schedule
  readonly #listeners: ((incident: Incident) => void)[] = []
  /** Oldest first. */
  #incidents: Incident[]
  #saving: NodeJS.Timeout | undefined

  private constructor(parts: IncidentsParts, incidents: Incident[], notes: readonly Note[]) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
    this.rules = parts.rules ?? IncidentConfig.parse({})
    this.#incidents = incidents
    this.#notes = new Notes(parts.ledger, parts.log, notes)
    this.#telling = new Schedule(
      TELL_MS,
      () => this.#tell(),
      () => undefined,
    )
  }

  static async open(parts: IncidentsParts): Promise<Incidents> {
    const { incidents, notes } = (await parts.file.load()) ?? { incidents: [], notes: [] }
    return new Incidents(parts, incidents, notes)
  }

  /** Tells the ledger what it did not take when it happened, now and every few seconds. */
  start(): void {
    this.#telling.start()
  }

  /** Called with every incident that is new, or worse than it was. */
  onWorse(listener: (incident: Incident) => void): void {
    this.#listeners.push(listener)
  }

  /** Takes note of it; never throws and never waits, so that whoever attacks does not slow the path of a call down. */
  raise({ class: of, subject: whom, summary, severity, evidence }: Sighting): Incident {
    const now = this.#now()
    const at = new Date(now).toISOString()
    const open = this.#openOf(of, now)
    const subject = whom.toWellFormed().slice(0, 200)
    const known = open.find((incident) => incident.subject === subject)
    const catchAll = known === undefined && open.length >= MAX_SUBJECTS ? MANY : subject
    const same = known ?? open.find((incident) => incident.subject === catchAll)
    if (same !== undefined) {
      same.count += 1
      same.last_at = at
      addEvidence(same, evidence)
      this.#worsen(same, severity)
      this.#saveSoon()
      return same
    }
    const incident: Incident = {
      id: newId('inc'),
      class: of,
      subject: catchAll,
      summary: summary.toWellFormed().slice(0, 1000),
      severity: baseSeverity(this.rules, of),
      count: 1,
      first_at: at,
      last_at: at,
      state: 'open',
      steps: [],
      evidence: [],
      containment: [],
    }
    addEvidence(incident, evidence)
    incident.severity = severityOf(this.rules, incident, severity)
    this.#incidents = keep([...this.#incidents, incident])
    this.#parts.log.warn({ incident: incident.id, class: of, subject: catchAll }, incident.summary)
    this.#note(
      incident,
      'incident_opened',
      { subject: catchAll, severity: incident.severity },
      { summary: incident.summary },
    )
    this.#tellWorse(incident)
    return incident
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
    this.#addStep(incident, by, note)
    if (contained) incident.state = 'contained'
    this.#note(incident, 'incident_step', { by: by.slice(0, 80), contained }, { summary: note })
    await this.#saved()
    return { ...incident }
  }

  /** Closes it. Seen again, it is another incident. Throws as {@link step} does, and `conflict` while anything contains it. */
  async resolve(id: string, by: string, resolution: string): Promise<Incident> {
    const incident = this.#find(id)
    const held = incident.containment.filter(({ state }) => state !== 'lifted' && state !== 'failed')
    if (held.length > 0) {
      throw new CastellanError(
        'conflict',
        `Incident ${id} is still contained (${held.map(({ action }) => action).join(', ')}). \`agentctl incident recover ${id}\` leads back, step by step.`,
      )
    }
    if (incident.state === 'resolved') {
      throw new CastellanError('conflict', `Incident ${id} is resolved. If it is there again, create another one.`)
    }
    this.#addStep(incident, by, resolution)
    incident.state = 'resolved'
    this.#note(incident, 'incident_resolved', { by: by.slice(0, 80), count: incident.count }, { summary: resolution })
    await this.#saved()
    return { ...incident }
  }

  /**
   * Writes down where one measure against an incident stands: on disk when it returns, then in the ledger. Used by containment, which
   * writes `applying` and `lifting` before it does either. Throws where it cannot be written down.
   */
  async setContainment(id: string, change: Omit<Containment, 'at'>): Promise<Incident> {
    const incident = this.#find(id)
    const entry: Containment = { ...change, at: this.#time(), verified: change.verified.slice(0, 500) }
    const others = incident.containment.filter(({ action }) => action !== change.action)
    incident.containment = [...others, entry]
    if (change.state === 'in_force' && incident.state === 'open') incident.state = 'contained'
    if (change.state !== 'applying' && change.state !== 'lifting') {
      this.#addStep(incident, change.by, `${change.action}: ${change.state.replace('_', ' ')}. ${entry.verified}`)
    }
    const { action, state, by } = change
    this.#note(incident, 'incident_containment', { action, state, by: by.slice(0, 80) }, { summary: entry.verified })
    await this.#write()
    void this.#tell()
    return { ...incident }
  }

  /** Puts a step of the way back on record. On disk when it returns. */
  async noteRecovery(id: string, by: string, facts: LedgerFacts, note: string): Promise<void> {
    const incident = this.#find(id)
    this.#addStep(incident, by, note)
    this.#note(incident, 'incident_recovery', { by: by.slice(0, 80), ...facts }, { summary: note })
    await this.#write()
    void this.#tell()
  }

  /** Incidents that hold a measure in force. */
  heldBy(action: ContainmentAction): Incident[] {
    return this.#incidents.filter(({ containment }) =>
      containment.some((one) => one.action === action && (one.state === 'in_force' || one.state === 'applying')),
    )
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
    await this.#telling.stop()
    await this.#tell()
    await this.#save()
  }

  #find(id: string): Incident {
    const incident = this.#incidents.find((candidate) => candidate.id === id)
    if (incident !== undefined) return incident
    const shape = IncidentId.safeParse(id).success ? '' : ' Ids look like inc_….'
    throw new CastellanError('not_found', `There is no incident ${id}.${shape} incident_list shows those there are.`)
  }

  #worsen(incident: Incident, atLeast: Sighting['severity']): void {
    const severity = severityOf(this.rules, incident, atLeast)
    if (severity === incident.severity) return
    const from = incident.severity
    incident.severity = severity
    this.#note(
      incident,
      'incident_escalated',
      { from, severity, count: incident.count },
      { summary: `It is ${severity} now.` },
    )
    this.#tellWorse(incident)
  }

  #tellWorse(incident: Incident): void {
    for (const listener of this.#listeners) listener({ ...incident })
  }

  #addStep(incident: Incident, by: string, note: string): void {
    const step = { at: this.#time(), by: by.slice(0, 80), note: note.toWellFormed().slice(0, 2000) }
    incident.steps = [...incident.steps, step].slice(-MAX_STEPS)
  }

  #note(incident: Incident, type: LedgerEntryType, facts: LedgerFacts, payload: Record<string, string>): void {
    const note = newId('inc').slice(4)
    const draft = { type, actor: SYSTEM, code: incident.class, facts: { incident: incident.id, ...facts, note } }
    this.#notes.add({ draft, payload })
    void this.#save()
    void this.#tell()
  }

  #tell(): Promise<void> {
    return this.#notes.tell(({ draft }, index) => {
      const incident = this.#incidents.find(({ id }) => id === draft.facts?.incident)
      if (incident !== undefined) addEvidence(incident, index)
      this.#saveSoon()
    })
  }

  async #saved(): Promise<void> {
    await this.#save()
    await this.#tell()
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }

  #openOf(of: IncidentClass, now: number): Incident[] {
    return this.#incidents.filter(
      ({ class: its, state, last_at, containment }) =>
        its === of && state !== 'resolved' && (now - Date.parse(last_at) < QUIET_MS || isHeld(containment)),
    )
  }

  #saveSoon(): void {
    if (this.#saving !== undefined) return
    this.#saving = setTimeout(() => {
      this.#saving = undefined
      void this.#save()
    }, SAVE_MS)
    this.#saving.unref()
  }

  #write(): Promise<void> {
    return this.#parts.file.save({ version: 1, incidents: this.#incidents, notes: [...this.#notes.waiting] })
  }

  async #save(): Promise<void> {
    await this.#write().catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'incidents were not saved')
    })
  }
}

function isHeld(containment: readonly Containment[]): boolean {
  return containment.some(({ state }) => state === 'in_force' || state === 'applying' || state === 'lifting')
}

function addEvidence(incident: Incident, index: number | null | undefined): void {
  if (index === null || index === undefined || incident.evidence.includes(index)) return
  const { evidence } = incident
  const half = MAX_EVIDENCE / 2
  incident.evidence =
    evidence.length < MAX_EVIDENCE
      ? [...evidence, index]
      : [...evidence.slice(0, half), ...evidence.slice(half + 1), index]
}

/** Resolved ones leave first, then the oldest; what still contains something stays. */
function keep(incidents: Incident[]): Incident[] {
  const excess = incidents.length - MAX_KEPT
  if (excess <= 0) return incidents
  const leaving = new Set(
    incidents
      .filter(({ containment }) => !isHeld(containment))
      .sort((left, right) => Number(right.state === 'resolved') - Number(left.state === 'resolved'))
      .slice(0, excess),
  )
  return incidents.filter((incident) => !leaving.has(incident))
}
