import { readlink } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import type { CanaryStatus, IntegrityFinding, IntegrityPort, IntegrityReport } from '../host/integrity.ts'
import type { Sighting } from '../incidents/sighting.ts'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import { type BaselineBody, type BaselineStore, digestOf } from './baseline.ts'
import { takeSnapshot } from './snapshot.ts'
import { isEdited, kindOf, type Watched } from './watched.ts'

/** A program that is replaced piece by piece is seen again and again; what is told of it in so long counts once, in milliseconds. */
const PART_MS = 10 * 60_000

/** What NixOS runs now. */
export const RUNNING_SYSTEM = '/run/current-system'

export interface IntegrityParts {
  readonly baselines: BaselineStore
  readonly watched: readonly Watched[]
  readonly ledger: Pick<Recorder, 'query'>
  readonly raise: (sighting: Sighting) => void
  /** What was seen of a subject that the operator has not closed: a restart does not tell it again. */
  readonly standing?: (subject: string) => string | undefined
  readonly canaries: () => CanaryStatus
  /** Most that is read in a second by a scan that nobody waits for, in bytes. */
  readonly bytesPerSecond?: number
  /** Where the link to the running system is; that of NixOS without it. */
  readonly runningSystem?: string
}

/** Holds what is there against a baseline that was taken when the owner knew that all was well. */
export class Integrity implements IntegrityPort {
  readonly #parts: IntegrityParts
  readonly #scans = new Mutex()
  /** By kind: what was told last, and when. */
  readonly #told = new Map<string, { readonly what: string; readonly at: number }>()

  constructor(parts: IntegrityParts) {
    this.#parts = parts
  }

  get watched(): readonly string[] {
    return this.#parts.watched.map(({ path }) => path)
  }

  get canaries(): CanaryStatus {
    return this.#parts.canaries()
  }

  check(signal: AbortSignal): Promise<IntegrityReport> {
    return this.#scan(signal)
  }

  /** As {@link check}, at a pace that leaves the disk to others. */
  scan(signal: AbortSignal): Promise<IntegrityReport> {
    return this.#scans.run(() => this.#scan(signal, this.#parts.bytesPerSecond))
  }

  /** Looks at these paths alone. What is found is raised as by a scan; nothing is where no baseline was taken. */
  async look(paths: readonly string[], signal: AbortSignal): Promise<readonly IntegrityFinding[]> {
    const baseline = await this.#parts.baselines.load()
    if (typeof baseline === 'string') return []
    const { prints, unreadable } = await takeSnapshot(paths, signal, { deep: false })
    const before = new Map(
      paths.flatMap((path) => (baseline.prints[path] === undefined ? [] : [[path, baseline.prints[path]] as const])),
    )
    return this.#report(this.#compare(before, prints, unreadable), 'part')
  }

  takeBaseline(by: string, signal: AbortSignal): Promise<IntegrityReport> {
    return this.#scans.run(() => this.#take(by, { why: 'taken' }, signal))
  }

  async identity(): Promise<{ readonly baselineDigest: string | null; readonly system: string | null }> {
    const baseline = await this.#parts.baselines.load()
    return { baselineDigest: typeof baseline === 'string' ? null : digestOf(baseline), system: await this.#running() }
  }

  /** The folders that the baseline has, for whoever watches them. */
  async folders(): Promise<string[]> {
    const baseline = await this.#parts.baselines.load()
    if (typeof baseline === 'string') return []
    return Object.entries(baseline.prints).flatMap(([path, print]) => (print.startsWith('folder ') ? [path] : []))
  }

  async #scan(signal: AbortSignal, bytesPerSecond?: number): Promise<IntegrityReport> {
    const { baselines, raise } = this.#parts
    const baseline = await baselines.load()
    const nothing = {
      takenAt: null,
      takenBy: null,
      baselineDigest: null,
      files: 0,
      findings: [],
      watched: this.watched,
    }
    if (baseline === 'none') return { ...nothing, state: 'none' }
    if (baseline === 'damaged') {
      raise({
        class: 'integrity_violation',
        subject: 'baseline',
        summary: 'The integrity baseline is not the one that agentd wrote last.',
        severity: 'critical',
      })
      return { ...nothing, state: 'damaged' }
    }
    const switched = await this.#switchedTo(baseline)
    if (switched !== undefined) return this.#take('switch', { why: 'switch', target: switched }, signal)
    const { prints, unreadable } = await takeSnapshot(
      baseline.watched,
      signal,
      bytesPerSecond === undefined ? {} : { bytesPerSecond },
    )
    const findings = this.#report([
      ...this.#compare(new Map(Object.entries(baseline.prints)), prints, unreadable),
      ...((await this.#running()) === baseline.system
        ? []
        : [{ path: this.#systemLink, kind: 'system' as const, what: 'changed' as const }]),
    ])
    return {
      state: findings.length === 0 ? 'intact' : 'violated',
      takenAt: new Date(baseline.takenAt),
      takenBy: baseline.takenBy,
      baselineDigest: digestOf(baseline),
      files: prints.size,
      findings,
      watched: baseline.watched,
    }
  }

  async #take(by: string, why: { why: string; target?: number }, signal: AbortSignal): Promise<IntegrityReport> {
    const { prints, unreadable } = await takeSnapshot(this.watched, signal)
    if (unreadable.length > 0) {
      throw new CastellanError(
        'permission_denied',
        `${unreadable.length} watched files cannot be read, first of all ${unreadable[0]}. agentd has to run as root for that.`,
      )
    }
    const body: BaselineBody = {
      version: 2,
      takenAt: new Date().toISOString(),
      takenBy: by,
      watched: [...this.watched],
      system: await this.#running(),
      prints: Object.fromEntries(prints),
    }
    await this.#parts.baselines.save(body, why)
    this.#told.clear()
    const taken = { takenAt: new Date(body.takenAt), takenBy: by, baselineDigest: digestOf(body) }
    return { state: 'intact', ...taken, files: prints.size, findings: [], watched: body.watched }
  }

  /** The entry that tells of the switch to the system that runs now, where another one ran when the baseline was taken. */
  async #switchedTo({ system, takenAt }: BaselineBody): Promise<number | undefined> {
    const running = await this.#running()
    if (running === null || running === system) return undefined
    const since = Date.parse(takenAt)
    const { records } = await this.#parts.ledger.query({ type: 'switch_step', since, limit: 200 })
    return records.find(({ entry: { facts = {} } }) => {
      const landed = facts.phase === 'committed' ? facts.to : facts.phase === 'rolled_back' ? facts.from : undefined
      return landed === running
    })?.entry.index
  }

  get #systemLink(): string {
    return this.#parts.runningSystem ?? RUNNING_SYSTEM
  }

  #running(): Promise<string | null> {
    return readlink(this.#systemLink).catch(() => null)
  }

  /**
   * Differences of one kind are one incident, however many there are. What is seen `part` by part, as an upgrade writes it, is told once
   * in a while, and what the owner edits only where it is not as it was told: neither gets worse by being looked at again.
   */
  #report(findings: readonly IntegrityFinding[], seen: 'part' | 'whole' = 'whole'): readonly IntegrityFinding[] {
    const { watched, raise, standing } = this.#parts
    const groups = Map.groupBy(findings, ({ kind, path }) => `${kind}${isEdited(watched, path) ? ' (edited)' : ''}`)
    if (seen === 'whole') for (const group of this.#told.keys()) if (!groups.has(group)) this.#told.delete(group)
    for (const [group, these] of groups) {
      const [{ kind, path }] = these as [IntegrityFinding]
      const edited = isEdited(watched, path)
      const subject = edited ? `${kind} of the owner` : kind
      const named = these.slice(0, 3).map(({ path, what }) => `${path} is ${what}`)
      const summary = `${these.length} watched of kind ${kind} differ from the baseline: ${named.join(', ')}.`
      const what = JSON.stringify(these)
      const before = this.#told.get(group)
      const now = performance.now()
      const known = before === undefined ? standing?.(subject) === summary : before.what === what
      if (edited && known) continue
      if (seen === 'part' && before !== undefined && now - before.at < PART_MS) continue
      this.#told.set(group, { what, at: now })
      raise({ class: 'integrity_violation', subject, summary, ...(edited ? {} : { severity: 'high' as const }) })
    }
    return findings
  }

  #compare(
    before: ReadonlyMap<string, string>,
    now: ReadonlyMap<string, string>,
    unreadable: readonly string[],
  ): IntegrityFinding[] {
    const { watched } = this.#parts
    const found = (path: string, what: IntegrityFinding['what']) => ({ path, kind: kindOf(watched, path), what })
    const blind = new Set(unreadable)
    const findings = unreadable.map((path) => found(path, 'unreadable'))
    for (const [path, print] of before) {
      if (blind.has(path)) continue
      const seen = now.get(path)
      if (seen === undefined) findings.push(found(path, 'missing'))
      else if (seen !== print) findings.push(found(path, 'changed'))
    }
    for (const path of now.keys()) if (!before.has(path)) findings.push(found(path, 'added'))
    return findings.sort((left, right) => (left.path < right.path ? -1 : 1))
  }
}
