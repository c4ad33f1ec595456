import fc from 'fast-check'

/**
 * Property tests draw the same inputs in every run, so that what was green once is not red by luck. To look further, set
 * CASTELLAN_TEST_SEED to a whole number, or to `random`; a failure prints the seed it was found with.
 */
const DEFAULT_SEED = 20_261_121

const wanted = process.env.CASTELLAN_TEST_SEED ?? String(DEFAULT_SEED)
if (wanted !== 'random') {
  const seed = Number(wanted)
  if (!Number.isSafeInteger(seed))
    throw new Error(`CASTELLAN_TEST_SEED is "${wanted}": set it to a whole number, or to random.`)
  fc.configureGlobal({ seed })
}
