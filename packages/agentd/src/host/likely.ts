/** Up to three names that `name` may have been meant for, best first: containing it, or a few typing errors away. */
export function likely(name: string, candidates: readonly string[]): string[] {
  const wanted = stem(name)
  return candidates
    .map((candidate) => ({ candidate, distance: closeness(wanted, stem(candidate)) }))
    .filter(({ distance }) => distance <= Math.min(3, Math.ceil(wanted.length / 4)))
    .sort((left, right) => left.distance - right.distance || (left.candidate < right.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

function stem(unit: string): string {
  return unit.toLowerCase().replace(/\.[a-z]+$/, '')
}

/** A part of the other is as close as one typing error, a little less the more they differ in length. */
function closeness(wanted: string, candidate: string): number {
  const [short, long] = wanted.length <= candidate.length ? [wanted, candidate] : [candidate, wanted]
  if (short.length >= 2 && long.includes(short)) return 1 - 1 / (1 + long.length - short.length)
  return editDistance(wanted, candidate)
}

/** Levenshtein distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[right.length] as number
}
