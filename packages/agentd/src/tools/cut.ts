/** Room left for the rest of an answer beside the list that is cut. */
const RESERVE_BYTES = 2048

/**
 * As many items from the front as fit into a tool's output cap as JSON. What `items` answers tells whether any were
 * left out by comparing lengths.
 */
export function fitting<T>(items: readonly T[], outputBytes: number): T[] {
  let left = outputBytes - RESERVE_BYTES
  const kept: T[] = []
  for (const item of items) {
    left -= Buffer.byteLength(JSON.stringify(item)) + 1
    if (left < 0) break
    kept.push(item)
  }
  return kept
}
