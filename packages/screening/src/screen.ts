import type { Mark, Reason, Screening, Verdict } from './mark.ts'
import { match } from './match.ts'
import { keptWeight } from './mention.ts'
import { allRules, closedUpRules, hiddenPlaces, strongRules } from './rules/index.ts'
import { decodedParts } from './views/decode.ts'
import { type Folded, fold } from './views/fold.ts'
import { turnedViews } from './views/turned.ts'
import { type View, ViewBuilder } from './views/view.ts'

/** From this score on a text is an injection, and from this one on it is worth a word. */
export const INJECTION_SCORE = 0.42
export const SUSPECT_SCORE = 0.28

/** Characters that are looked at; of a longer text its beginning and its end, half each. */
const MOST_TEXT = 512 * 1024
/** How often encodings are undone within each other. */
const DEEPEST = 3
/** Marks this close to each other, in characters, speak for one injection. */
const NEAR = 700
const MOST_MARKS = 64

/** How far around a mark a hidden place counts, in characters. */
const HIDDEN_NEAR = 400

/**
 * Looks for what in a text speaks to a model rather than to a reader, also where it is encoded, spelt with look-alikes, turned or
 * invisible. It is a filter of patterns: what it finds is worth a person's look, what it does not find may still be there, so it
 * is never the only defence (docs/screening.md). Takes linear time; never throws.
 */
export function screen(text: string): Screening {
  const whole = text.length <= MOST_TEXT
  const marks = whole ? marksIn(text) : marksInEnds(text)
  const weighed = settle(text, marks)
  const score = Math.round(densest(weighed) * 100) / 100
  return {
    verdict: verdictOf(score),
    score,
    marks: weighed.slice(0, MOST_MARKS),
    reasons: reasonsOf(weighed),
    whole,
  }
}

interface Found extends Mark {
  readonly always?: boolean
}

function marksInEnds(text: string): Found[] {
  const half = MOST_TEXT / 2
  const from = text.length - half
  const late = marksIn(text.slice(from)).map((mark) => ({ ...mark, start: mark.start + from, end: mark.end + from }))
  return [...marksIn(text.slice(0, half)), ...late]
}

/** Every view of the text is read; what is decoded is read again, as deep as {@link DEEPEST}. */
function marksIn(text: string, via: readonly string[] = []): Found[] {
  const folded = fold(text)
  const view = { ...folded.view, via }
  const marks: Found[] = [...match(view, allRules), ...oddities(folded)]
  if (folded.tagged !== null) marks.push(...match({ ...folded.tagged, via: [...via, 'tag characters'] }, allRules))
  for (const turned of turnedViews(view)) {
    marks.push(
      ...match({ ...turned, via: [...via, ...turned.via] }, strongRules).filter((mark) => !isKnown(marks, mark)),
    )
  }
  marks.push(...match({ ...closedUp(view), via }, closedUpRules).filter((mark) => !isKnown(marks, mark)))
  if (via.length < DEEPEST) {
    for (const { how, start, end, text: inside } of decodedParts(text)) {
      marks.push(...marksIn(inside, [...via, how]).map((mark) => ({ ...mark, start, end })))
    }
  }
  return marks
}

/** Letters only: names and tags, and words whose spaces were taken out. */
function closedUp({ text, at }: View): View {
  const builder = new ViewBuilder(text.length)
  for (const { index, 0: run } of text.matchAll(/[a-z]+/g)) builder.addRun(run, index)
  const closed = builder.build(text.length, [])
  return { ...closed, at: closed.at.map((unit) => at[unit] as number) }
}

function isKnown(marks: readonly Found[], { reason, start, end }: Found): boolean {
  return marks.some((mark) => mark.reason === reason && mark.start < end && start < mark.end)
}

/** Characters that hide something, whatever it is. */
function oddities({ invisible, overridden, tagged, mixed }: Folded): Found[] {
  const hidden = invisible.slice(0, MOST_MARKS)
  return [
    ...hidden.map((span) => ({
      reason: 'invisible' as const,
      ...span,
      weight: hidden.length > 2 ? 0.2 : 0.12,
      via: [],
    })),
    ...(tagged === null
      ? []
      : [
          {
            reason: 'invisible' as const,
            start: tagged.at[0] as number,
            end: tagged.at.at(-1) as number,
            weight: 0.5,
            via: [],
          },
        ]),
    ...overridden
      .slice(0, 4)
      .map((at) => ({ reason: 'invisible' as const, start: at, end: at + 1, weight: 0.15, via: [] })),
    ...(mixed.length < 2
      ? []
      : mixed.slice(0, 4).map((span) => ({ reason: 'mixed_script' as const, ...span, weight: 0.15, via: [] }))),
  ]
}

/** Takes weight off what only speaks about injections, and adds some where a mark stands out of sight. */
function settle(text: string, found: readonly Found[]): Mark[] {
  const weighed = found.map(({ always = false, ...mark }) =>
    always || !worded.has(mark.reason) ? mark : { ...mark, weight: mark.weight * keptWeight(text, mark) },
  )
  const places = weighed.length === 0 ? [] : [...text.toLowerCase().matchAll(hiddenPlaces)].slice(0, 32)
  const hidden = places
    .filter(({ index }) => weighed.some((mark) => mark.weight >= 0.2 && Math.abs(mark.start - index) < HIDDEN_NEAR))
    .slice(0, 2)
    .map(
      ({ index, 0: place }): Mark => ({
        reason: 'hidden_place',
        start: index,
        end: index + place.length,
        weight: 0.2,
        via: [],
      }),
    )
  return [...weighed, ...hidden].filter(({ weight }) => weight >= 0.05).sort((left, right) => left.start - right.start)
}

/** Marks that are made of words; the others mean the same in any company. */
const worded: ReadonlySet<Reason> = new Set([
  'override',
  'role',
  'address',
  'prompt_leak',
  'conceal',
  'authority',
  'act',
  'frame',
  'exfiltration',
])

/** The most that marks near each other say together: each takes its share of the doubt that the others left. */
function densest(marks: readonly Mark[]): number {
  let best = 0
  for (const [first, { start }] of marks.entries()) {
    const near = new Map<Reason, number[]>()
    for (let next = first; next < marks.length; next += 1) {
      const mark = marks[next] as Mark
      if (mark.start - start > NEAR || next - first > 200) break
      near.set(mark.reason, [...(near.get(mark.reason) ?? []), mark.weight])
    }
    best = Math.max(best, together(near))
  }
  return best
}

/** The second mark of one reason says half of what it says alone, every further one nothing. */
function together(near: ReadonlyMap<Reason, readonly number[]>): number {
  let doubt = 1
  for (const weights of near.values()) {
    const [first = 0, second = 0] = weights.toSorted((left, right) => right - left)
    doubt *= (1 - first) * (1 - second / 2)
  }
  return 1 - doubt
}

function verdictOf(score: number): Verdict {
  if (score >= INJECTION_SCORE) return 'injection'
  return score >= SUSPECT_SCORE ? 'suspect' : 'clean'
}

function reasonsOf(marks: readonly Mark[]): Reason[] {
  const most = new Map<Reason, number>()
  for (const { reason, weight } of marks) most.set(reason, Math.max(weight, most.get(reason) ?? 0))
  return [...most].sort(([, left], [, right]) => right - left).map(([reason]) => reason)
}
