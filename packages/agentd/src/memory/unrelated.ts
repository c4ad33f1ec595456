import type { TextPlacer } from './text-vectors.ts'

/** Sentences that have nothing to do with each other, of the length that facts have. */
export const SENTENCES = [
  'The printer on the second floor needs magenta toner.',
  'Nightly backups go to the NAS in the cellar at two.',
  'Our certificate for the web shop expires in March.',
  'Anna prefers tea and works from home on Fridays.',
  'PostgreSQL listens on port 5433 of the old machine.',
  'The cat is fed twice a day, never with fish.',
] as const

/**
 * How like each other such sentences are to a model, on average: some models give any two texts 0.7, others 0.05, and a
 * likeness says something only beside that. Throws what the placer throws, and where another model answers than `model`.
 */
export async function unrelatedLikeness(placer: TextPlacer, model: string): Promise<number> {
  const { model: answered, vectors } = await placer.place(SENTENCES)
  if (answered !== model) throw new Error('The embedding model was replaced under way.')
  let sum = 0
  let pairs = 0
  for (const [position, one] of vectors.entries()) {
    for (const other of vectors.slice(position + 1)) {
      sum += one.reduce((dot, value, at) => dot + value * (other[at] as number), 0)
      pairs++
    }
  }
  return sum / pairs
}
