/** A vector of the same direction and length 1; undefined for one without direction: all zero, or not all numbers. */
export function normalised(vector: readonly number[]): Float32Array | undefined {
  const length = Math.hypot(...vector)
  if (!Number.isFinite(length) || length === 0) return undefined
  return Float32Array.from(vector, (value) => value / length)
}

/** A vector as it travels: 32-bit little-endian floats in base64. */
export function vectorText(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  vector.forEach((value, at) => void bytes.writeFloatLE(value, at * 4))
  return bytes.toString('base64')
}
