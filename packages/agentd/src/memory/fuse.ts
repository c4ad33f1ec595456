import type { Recalled } from '../host/memory.ts'

/** A fact found by meaning alone has to be this much of the way from unrelated to the same. */
const LEAST_RELATED = 0.3
/** Softens how much the first places of a list count more than the next ones (Cormack, Clarke and Büttcher, SIGIR 2009). */
const RANK_SOFTENER = 60

/**
 * One list of what was found by words and of what lies near in meaning, by the sum of what each place is worth (reciprocal rank
 * fusion). What shares no word counts only where it is more alike than unrelated texts are; what is unsure counts for less.
 */
export function fuse(
  byWords: readonly Recalled[],
  byMeaning: readonly { readonly fact: Recalled['fact']; readonly likeness: number }[],
  unrelated: number,
): Recalled[] {
  const found = new Map<number, Recalled>()
  const add = (fact: Recalled['fact'], place: number, weight: number): void => {
    const score = (found.get(fact.id)?.score ?? 0) + weight / (RANK_SOFTENER + place)
    found.set(fact.id, { fact, score })
  }
  const related = byMeaning.filter(({ likeness }) => relatedness(likeness, unrelated) >= LEAST_RELATED)
  // How sure a fact is has told in the order by words already.
  for (const [place, { fact }] of byWords.entries()) add(fact, place, 1)
  for (const [place, { fact }] of related.entries()) add(fact, place, 0.5 + fact.confidence / 2)
  return [...found.values()].sort((left, right) => right.score - left.score || right.fact.id - left.fact.id)
}

/** 0 for texts as like each other as unrelated ones are to this model, 1 for the same text. */
function relatedness(likeness: number, unrelated: number): number {
  return (likeness - unrelated) / Math.max(0.05, 1 - unrelated)
}
