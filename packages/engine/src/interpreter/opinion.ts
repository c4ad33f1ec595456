import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Classifier } from './classifier/classifier.ts'
import { readClassifierWeights } from './classifier/weights.ts'
import type { Probabilities } from './decode.ts'
import type { InterpreterFormat } from './format.ts'

/** What else is asked for the first token of an answer; see FORMAT.md, Classifier. */
export interface SecondOpinion {
  /** Both opinions in one: probabilities of the tools and of "none" that add up to 1. */
  mix(first: Probabilities, normal: string): Probabilities
}

/**
 * Reads the classifier an interpreter file names, from the folder the file is in; undefined where it names none, and where a copy of the
 * file came alone: the network then judges by itself. Throws `model_invalid` for a classifier of another model.
 */
export async function readSecondOpinion(path: string, format: InterpreterFormat): Promise<SecondOpinion | undefined> {
  if (format.classifier === undefined) return undefined
  const { file, sha256, weight } = format.classifier
  const beside = join(dirname(path), file)
  if (!existsSync(beside)) return undefined
  const classifier = new Classifier(await readClassifierWeights(beside, sha256))
  return { mix: (first, normal) => mix(format, classifier, weight, first, normal) }
}

/** A product of powers: what one finds unlikely, the other must be very sure of. */
function mix(
  format: InterpreterFormat,
  classifier: Classifier,
  weight: number,
  first: Probabilities,
  normal: string,
): Probabilities {
  const found = classifier.read(normal)
  const heads = [...format.tools, { name: null, token: format.none }]
  const scores = heads.map(({ name, token }) => {
    // A tool that the classifier does not know is left to the network.
    const second = found.get(name) ?? 0
    return Math.log(first.get(token) ?? Number.MIN_VALUE) + weight * second
  })
  const most = Math.max(...scores)
  const parts = scores.map((score) => Math.exp(score - most))
  const total = parts.reduce((sum, part) => sum + part, 0)
  return new Map(heads.map(({ token }, index) => [token, (parts[index] as number) / total]))
}
