import type { AnswerOf, listGenerations, listSwitches } from '@castellan/contracts/api'
import { type EntryRecord, summaryOf, toneOf } from '../entries/entry.ts'
import { titleOf } from '../entries/title.ts'
import { timeline as words } from '../strings/timeline.ts'

export type Generation = AnswerOf<typeof listGenerations>['items'][number]
export type Switched = AnswerOf<typeof listSwitches>['items'][number]

export type Lane = 'generations' | 'switches' | 'acts' | 'incidents'
export const LANES: readonly Lane[] = ['generations', 'switches', 'acts', 'incidents']

/** One mark on the axis. */
export interface Mark {
  readonly id: string
  readonly lane: Lane
  /** Milliseconds since 1970. */
  readonly at: number
  readonly title: string
  readonly summary: string | null
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet'
  readonly of:
    | { readonly kind: 'entry'; readonly record: EntryRecord }
    | {
        readonly kind: 'generation'
        readonly generation: Generation
        /** Number of the one before it; null where that is gone or never was. */
        readonly before: number | null
      }
    | { readonly kind: 'switch'; readonly switched: Switched }
}

/** Everything as marks, oldest first. */
export function marksOf(
  records: readonly EntryRecord[],
  generations: readonly Generation[],
  switches: readonly Switched[],
): readonly Mark[] {
  const known = new Set(switches.map(({ id }) => id))
  const entries = records
    // A switch that is told of by itself is not told twice.
    .filter(({ entry }) => !(entry.type === 'switch_step' && known.has(String(entry.facts?.switch))))
    .map(entryMark)
  const numbers = generations.map(({ number }) => number)
  return [
    ...generations.map((generation) => generationMark(generation, numbers)),
    ...switches.map(switchMark),
    ...entries,
  ].toSorted((a, b) => a.at - b.at)
}

function entryMark(record: EntryRecord): Mark {
  const { entry } = record
  const tone = toneOf(entry)
  // How an incident ended belongs beside how it began, though it is good news.
  const isIncident = tone === 'bad' || entry.type.startsWith('incident_')
  const lane: Lane = entry.type === 'switch_step' ? 'switches' : isIncident ? 'incidents' : 'acts'
  const of = { kind: 'entry' as const, record }
  return {
    id: `entry-${entry.index}`,
    lane,
    at: entry.time,
    title: titleOf(entry),
    summary: summaryOf(record),
    tone,
    of,
  }
}

function generationMark(generation: Generation, numbers: readonly number[]): Mark {
  const { number, createdAt, current, nixosVersion } = generation
  const older = numbers.filter((other) => other < number)
  return {
    id: `generation-${number}`,
    lane: 'generations',
    at: Date.parse(createdAt),
    title: words.generation(number),
    summary: nixosVersion,
    tone: current ? 'good' : 'quiet',
    of: { kind: 'generation', generation, before: older.length === 0 ? null : Math.max(...older) },
  }
}

function switchMark(switched: Switched): Mark {
  const { id, phase, enteredAt, outcome } = switched
  const bad = phase === 'rolled_back' || phase === 'rollback_failed' || phase === 'refused'
  return {
    id,
    lane: 'switches',
    at: Date.parse(enteredAt),
    title: words.switched(phase),
    summary: outcome,
    tone: bad ? 'bad' : 'good',
    of: { kind: 'switch', switched },
  }
}
