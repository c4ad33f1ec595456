/**
 * A batch cannot be interrupted, and holds up everybody else's next token: it should be over in about 100 ms. Where a batch of
 * 64 or more can be, it is: llama.cpp's attention has a quicker way from there on, which also rounds differently.
 */
const TARGET_MS = 100
const LARGE = 128
const LARGE_ENOUGH = 72
const SMALL = 16
/** The end of a prompt goes along with the step before it rather than below this. */
const MIN_REST = 64

/** The most tokens that {@link stepsOf} ever puts into one step. */
export const BATCH_TOKENS = LARGE + MIN_REST

/** How many tokens to evaluate at once, from how long so many take on this machine, in milliseconds. Chosen once for a model. */
export function chooseStep(tokens: number, milliseconds: number): number {
  const fitting = (tokens * TARGET_MS) / Math.max(milliseconds, 0.1)
  if (fitting >= LARGE) return LARGE
  // Twice the target for one batch is the smaller evil: below 64, all of them would take about twice as long.
  return fitting * 2 >= LARGE_ENOUGH ? LARGE_ENOUGH : SMALL
}

/**
 * Cuts `from` to `to` into steps. The same prompt is cut the same way whatever was evaluated of it before, so that it is
 * rounded the same way and the same seed gives the same answer.
 */
export function stepsOf(from: number, to: number, step: number): { start: number; end: number }[] {
  const steps: { start: number; end: number }[] = []
  const least = step > MIN_REST ? MIN_REST : 1
  for (let start = from; start < to; ) {
    const end = to - start - step < least ? to : start + step
    steps.push({ start, end: Math.min(end, to) })
    start = end
  }
  return steps
}
