import { features } from './features.ts'
import type { ClassifierWeights } from './weights.ts'

/**
 * Which tool a request means, from its words alone: one bag of hashed features, one hidden layer. It reads in well under a
 * millisecond, and errs on other requests than the network beside it.
 */
export class Classifier {
  readonly #weights: ClassifierWeights

  constructor(weights: ClassifierWeights) {
    this.#weights = weights
  }

  /** Log probability of each tool by name, and of no tool by `null`, for a normalised request. */
  read(normal: string): ReadonlyMap<string | null, number> {
    const { labels, hidden, output } = this.#weights
    const first = this.#bag(normal).map(positive)
    const second = layer(hidden, first).map((value, index) => positive(value) + (first[index] as number))
    const scores = layer(output, second)
    const most = Math.max(...scores)
    const total = most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0))
    return new Map(labels.map((label, index) => [label, (scores[index] as number) - total]))
  }

  #bag(normal: string): Float64Array {
    const { levels, scales, width } = this.#weights
    const buckets = features(normal, scales.length)
    const sum = new Float64Array(width)
    for (const bucket of buckets) {
      const scale = (scales[bucket] as number) / Math.sqrt(buckets.length)
      for (let at = 0; at < width; at++) sum[at] = (sum[at] as number) + (levels[bucket * width + at] as number) * scale
    }
    return sum
  }
}

/** A fully connected layer: `weight` row by row, one row for each output. */
export interface Layer {
  readonly weight: Float32Array
  readonly bias: Float32Array
}

function layer({ weight, bias }: Layer, input: Float64Array): Float64Array {
  return Float64Array.from(bias, (offset, row) => {
    let sum = offset
    for (let at = 0; at < input.length; at++) sum += (weight[row * input.length + at] as number) * (input[at] as number)
    return sum
  })
}

function positive(value: number): number {
  return Math.max(0, value)
}
