/** What a series of numbers looks like. Of none: all zero, `least` and `most` as well. */
export interface Summary {
  readonly count: number
  /** NaN and infinities; they count in nothing else. */
  readonly nonFinite: number
  readonly zeros: number
  readonly mean: number
  readonly deviation: number
  readonly least: number
  readonly most: number
}

/** Collects numbers of which there are billions: six sums, no memory. */
export class Collector {
  #count = 0
  #nonFinite = 0
  #zeros = 0
  #sum = 0
  #squares = 0
  #least = Number.POSITIVE_INFINITY
  #most = Number.NEGATIVE_INFINITY

  /** Consecutive F32 values. The sums are of doubles, so a chunk loses nothing that would show. */
  addFloats(values: Float32Array): void {
    let [zeros, finite, sum, squares, least, most] = [0, 0, 0, 0, this.#least, this.#most]
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number
      // NaN and the infinities are the only numbers of which this is not 0.
      if (value - value !== 0) continue
      finite += 1
      if (value === 0) zeros += 1
      sum += value
      squares += value * value
      if (value < least) least = value
      if (value > most) most = value
    }
    this.#count += values.length
    this.#nonFinite += values.length - finite
    this.#zeros += zeros
    this.#sum += sum
    this.#squares += squares
    this.#least = least
    this.#most = most
  }

  /** One value that occurs `times`. */
  add(value: number, times: number): void {
    this.#count += times
    if (!Number.isFinite(value)) {
      this.#nonFinite += times
      return
    }
    if (value === 0) this.#zeros += times
    this.#sum += value * times
    this.#squares += value * value * times
    if (value < this.#least) this.#least = value
    if (value > this.#most) this.#most = value
  }

  summary(): Summary {
    const finite = this.#count - this.#nonFinite
    const mean = finite === 0 ? 0 : this.#sum / finite
    const variance = finite === 0 ? 0 : Math.max(0, this.#squares / finite - mean * mean)
    return {
      count: this.#count,
      nonFinite: this.#nonFinite,
      zeros: this.#zeros,
      mean,
      deviation: Math.sqrt(variance),
      least: finite === 0 ? 0 : this.#least,
      most: finite === 0 ? 0 : this.#most,
    }
  }
}

/** Counts 16-bit patterns, of which there are only 65,536: one increment a value, and every figure exact at the end. */
export class PatternCounts {
  readonly #counts = new Float64Array(65_536)

  addAll(patterns: Uint16Array): void {
    const counts = this.#counts
    for (let index = 0; index < patterns.length; index++) {
      const pattern = patterns[index] as number
      counts[pattern] = (counts[pattern] as number) + 1
    }
  }

  add(pattern: number): void {
    this.#counts[pattern] = (this.#counts[pattern] as number) + 1
  }

  summary(values: Float32Array): Summary {
    const collector = new Collector()
    for (let pattern = 0; pattern < this.#counts.length; pattern++) {
      const times = this.#counts[pattern] as number
      if (times > 0) collector.add(values[pattern] as number, times)
    }
    return collector.summary()
  }
}

/** The value of every IEEE 754 half-precision pattern. */
export function halfValues(): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, pattern) => {
    const sign = (pattern & 0x8000) === 0 ? 1 : -1
    const exponent = (pattern >> 10) & 0x1f
    const fraction = pattern & 0x3ff
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
}

/** The value of every bfloat16 pattern: the upper half of an F32. */
export function brainValues(): Float32Array {
  const patterns = Uint32Array.from({ length: 65_536 }, (_, pattern) => pattern * 65_536)
  return new Float32Array(patterns.buffer)
}

/** The value of every pattern of one byte that is an exponent alone (OCP Microscaling, E8M0); 255 is no number. */
export function exponentValues(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, pattern) => (pattern === 255 ? Number.NaN : 2 ** (pattern - 127)))
}
