/** The numbers of a vector as it travels; undefined where there are not `dimensions` of them. */
export function vectorOf(base64: string, dimensions: number): Float32Array | undefined {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== dimensions * 4) return undefined
  return Float32Array.from({ length: dimensions }, (_, at) => bytes.readFloatLE(at * 4))
}

/** A vector as it travels. */
export function vectorText(vector: ArrayLike<number>): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (let at = 0; at < vector.length; at++) bytes.writeFloatLE(vector[at] as number, at * 4)
  return bytes.toString('base64')
}
