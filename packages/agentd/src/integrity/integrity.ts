import { readlink } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import type { CanaryStatus, IntegrityFinding, IntegrityPort, IntegrityReport } from '../host/integrity.ts'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import { type BaselineBody, type BaselineStore, digestOf } from './baseline.ts'
import { type OwnChange, type OwnWork, renewedPrints } from './own-change.ts'
import { takeSnapshot } from './snapshot.ts'
import { Telling, type TellingParts } from './telling.ts'
import { kindOf } from './watched.ts'

/** What NixOS runs now. */
export const RUNNING_SYSTEM = '/run/current-system'

export interface IntegrityParts extends TellingParts {
  readonly baselines: BaselineStore
  readonly ledger: Pick<Recorder, 'query'>
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
  /** Nobody judges what is watched, or takes a baseline of it, while the owner changes it. */
  readonly #own = new Mutex()
  readonly #telling: Telling

  constructor(parts: IntegrityParts) {
    this.#parts = parts
    this.#telling = new Telling(parts)
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
  look(paths: readonly string[], signal: AbortSignal): Promise<readonly IntegrityFinding[]> {
    return this.#own.run(() => this.#look(paths, signal))
  }

  async #look(paths: readonly string[], signal: AbortSignal): Promise<readonly IntegrityFinding[]> {
    const baseline = await this.#parts.baselines.load()
    if (typeof baseline === 'string') return []
    const { prints, unreadable } = await takeSnapshot(paths, signal, { deep: false })
    return this.#telling.tell(this.#compare(printsOf(baseline, paths), prints, unreadable), 'part')
  }

  /**
   * Has the owner change what is watched by way of Castellan, and takes exactly what that made of it into the baseline, on record:
   * it is no incident. Throws what `work` throws, and nothing else.
   */
  own(change: OwnChange, work: OwnWork): Promise<void> {
    return this.#own.run(async () => {
      const snapshot = () => takeSnapshot([change.folder], new AbortController().signal).catch(() => undefined)
      const before = await snapshot()
      const target = await work()
      const after = await snapshot()
      if (before === undefined || after === undefined) return
      // What cannot be taken in is told of as what anybody did.
      await this.#renew(change, target, before.prints, after.prints).catch(() => undefined)
    })
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
    const seen = this.#compare(new Map(Object.entries(baseline.prints)), prints, unreadable)
    const findings = this.#telling.tell([
      ...(await this.#own.run(() => this.#heldAgainstNewest(seen, digestOf(baseline), signal))),
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

  #take(by: string, why: { why: string; target?: number }, signal: AbortSignal): Promise<IntegrityReport> {
    return this.#own.run(() => this.#takeNow(by, why, signal))
  }

  async #takeNow(by: string, why: { why: string; target?: number }, signal: AbortSignal): Promise<IntegrityReport> {
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
    this.#telling.begin()
    const taken = { takenAt: new Date(body.takenAt), takenBy: by, baselineDigest: digestOf(body) }
    return { state: 'intact', ...taken, files: prints.size, findings: [], watched: body.watched }
  }

  async #renew(
    change: OwnChange,
    target: number | null,
    before: ReadonlyMap<string, string>,
    after: ReadonlyMap<string, string>,
  ): Promise<void> {
    const baseline = await this.#parts.baselines.load()
    if (typeof baseline === 'string') return
    const prints = renewedPrints(baseline, change, before, after)
    if (prints === undefined) return
    // It is still the one that was taken then: which switches came since is counted from there.
    const why = { why: change.kind, by: change.by, ...(target === null ? {} : { target }) }
    await this.#parts.baselines.save({ ...baseline, prints }, why)
  }

  /** Of what a scan saw, what still differs where the baseline was renewed while it read. */
  async #heldAgainstNewest(
    seen: readonly IntegrityFinding[],
    digest: string,
    signal: AbortSignal,
  ): Promise<readonly IntegrityFinding[]> {
    if (seen.length === 0) return seen
    const newest = await this.#parts.baselines.load()
    if (typeof newest === 'string' || digestOf(newest) === digest) return seen
    const paths = seen.map(({ path }) => path)
    const { prints, unreadable } = await takeSnapshot(paths, signal, { deep: false })
    return this.#compare(printsOf(newest, paths), prints, unreadable)
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

function printsOf({ prints }: BaselineBody, paths: readonly string[]): Map<string, string> {
  return new Map(paths.flatMap((path) => (prints[path] === undefined ? [] : [[path, prints[path]] as const])))
}
