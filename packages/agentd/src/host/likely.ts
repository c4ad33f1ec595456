/**
 * Up to three names that `name` may have been meant for, best first: containing it, or a few typing errors away. Of two
 * that are equally near, the one of the same kind (`.service`, `.socket`) comes first.
 */
export function likely(name: string, candidates: readonly string[]): string[] {
  const wanted = split(name)
  const most = Math.min(3, Math.ceil(wanted.stem.length / 4))
  return candidates
    .map((candidate) => {
      const { stem, suffix } = split(candidate)
      return { candidate, distance: distance(wanted.stem, stem), otherKind: Number(suffix !== wanted.suffix) }
    })
    .filter((near) => near.distance <= most)
    .sort((left, right) => left.distance - right.distance || left.otherKind - right.otherKind)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

function split(unit: string): { stem: string; suffix: string } {
  const dot = unit.lastIndexOf('.')
  return dot < 0
    ? { stem: unit.toLowerCase(), suffix: '' }
    : { stem: unit.slice(0, dot).toLowerCase(), suffix: unit.slice(dot) }
}

/** A name that contains what was wanted is at most as far as one typing error, nearer the less it adds. */
function distance(wanted: string, candidate: string): number {
  const added = candidate.length - wanted.length
  if (wanted.length >= 2 && added > 0 && candidate.includes(wanted)) return 1 - 1 / (1 + added)
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
