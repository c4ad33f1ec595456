const FIRST_MS = 500
const LONGEST_MS = 15_000

/**
 * How long to wait before the next attempt to connect, in milliseconds: doubling from half a second to 15 s, each time
 * between 80 % and 120 % of that so that many pages do not come back at once. `failures` counts from 0.
 */
export function backoff(failures: number, random: () => number = Math.random): number {
  const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 16))
  return Math.round(wait * (0.8 + 0.4 * random()))
}
