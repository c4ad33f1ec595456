/** The numbers of a vector as it travels; undefined where there are not `dimensions` of them. */
export function vectorOf(base64: string, dimensions: number): Float32Array | undefined {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== dimensions * 4) return undefined
  return Float32Array.from({ length: dimensions }, (_, at) => bytes.readFloatLE(at * 4))
}
