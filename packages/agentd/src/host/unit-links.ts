import { showUnits } from './systemctl.ts'
import type { UnitVerb } from './unit-control.ts'

/** Names of the units at the other end of each kind of dependency (systemd.unit(5)), one step away. */
export interface UnitLinks {
  /** What it cannot run without: Requires=, Requisite= and BindsTo=. */
  readonly requires: readonly string[]
  readonly wants: readonly string[]
  /** What cannot run without it. */
  readonly requiredBy: readonly string[]
  readonly wantedBy: readonly string[]
  readonly partOf: readonly string[]
  readonly conflicts: readonly string[]
  /** Sockets, timers and paths that start it. */
  readonly triggeredBy: readonly string[]
  readonly triggers: readonly string[]
  readonly after: readonly string[]
  readonly before: readonly string[]
}

/** What acting on a unit does to others, itself left out. */
export interface UnitReach {
  /** Those that start as well; only such as are not running yet. */
  readonly starts: readonly string[]
  /** Those that stop as well, or restart where it is restarted; only such as are running. */
  readonly stops: readonly string[]
}

const pulledIn = ['Requires', 'BindsTo', 'Wants', 'Upholds']
const takenDown = ['RequiredBy', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo']

export async function unitLinks(unit: string, signal: AbortSignal): Promise<UnitLinks> {
  const kinds = {
    requires: ['Requires', 'Requisite', 'BindsTo'],
    wants: ['Wants', 'Upholds'],
    requiredBy: ['RequiredBy', 'RequisiteOf', 'BoundBy'],
    wantedBy: ['WantedBy', 'UpheldBy'],
    partOf: ['PartOf'],
    conflicts: ['Conflicts', 'ConflictedBy'],
    triggeredBy: ['TriggeredBy'],
    triggers: ['Triggers'],
    after: ['After'],
    before: ['Before'],
  }
  const [fields] = await showUnits([unit], Object.values(kinds).flat(), signal)
  const read = (names: readonly string[]) =>
    [...new Set(names.flatMap((name) => words(fields, name)))].sort((left, right) => (left < right ? -1 : 1))
  return Object.fromEntries(Object.entries(kinds).map(([kind, names]) => [kind, read(names)])) as never
}

/** Follows what systemd would follow: requirements upwards for a start, dependents downwards for a stop or restart. */
export async function unitReach(verb: UnitVerb, unit: string, signal: AbortSignal): Promise<UnitReach> {
  if (verb === 'reload') return { starts: [], stops: [] }
  if (verb !== 'start') {
    const stops = await closure([unit], takenDown, isRunning, signal)
    return { starts: [], stops: stops.filter((name) => name !== unit) }
  }
  const starts = await closure([unit], pulledIn, (fields) => !isRunning(fields), signal)
  const rivals = await showUnits(starts, ['Conflicts', 'ConflictedBy'], signal)
  const conflicting = rivals.flatMap((fields) => [...words(fields, 'Conflicts'), ...words(fields, 'ConflictedBy')])
  const stopped = await closure([...new Set(conflicting)], takenDown, isRunning, signal)
  return { starts: starts.filter((name) => name !== unit), stops: stopped }
}

/**
 * Units reached from `roots` over the given properties. Only those that `counts` are answered and followed further; of a
 * single root always.
 */
async function closure(
  roots: readonly string[],
  properties: readonly string[],
  counts: (fields: ReadonlyMap<string, string>) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const seen = new Set(roots)
  const reached: string[] = []
  for (let level = [...roots]; level.length > 0; ) {
    const next: string[] = []
    for (const fields of await showUnits(level, ['Id', 'ActiveState', ...properties], signal)) {
      const id = fields.get('Id')
      if (id === undefined || !(counts(fields) || (roots.length === 1 && roots[0] === id))) continue
      reached.push(id)
      for (const name of properties.flatMap((property) => words(fields, property))) {
        if (!seen.has(name)) next.push(name)
        seen.add(name)
      }
    }
    level = next
  }
  return [...new Set(reached)]
}

function isRunning(fields: ReadonlyMap<string, string>): boolean {
  return ['active', 'activating', 'reloading', 'deactivating'].includes(fields.get('ActiveState') ?? '')
}

function words(fields: ReadonlyMap<string, string> | undefined, name: string): string[] {
  return (fields?.get(name) ?? '').split(' ').filter((word) => word !== '')
}
