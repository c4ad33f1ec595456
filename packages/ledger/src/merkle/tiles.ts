/** Tile arithmetic and paths of C2SP tlog-tiles. */
export const TILE_WIDTH = 256
export const TILE_HEIGHT = 8
export const TILE_BYTES = 8192

/** `1234067` → `x001/x234/067`. */
export function tileNumberPath(n: number): string {
  const digits = String(n)
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  const groups = padded.match(/\d{3}/g) as string[]
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
}

/** Path of a hash tile below the log's folder; `width` below 256 names a partial tile. */
export function tilePath(level: number, n: number, width = TILE_WIDTH): string {
  return `tile/${level}/${tileNumberPath(n)}${partialSuffix(width)}`
}

/** Path of a bundle of 256 entries below the log's folder. */
export function bundlePath(n: number, width = TILE_WIDTH): string {
  return `tile/entries/${tileNumberPath(n)}${partialSuffix(width)}`
}

/** Path of the encrypted payloads of 256 entries; not part of tlog-tiles, laid out the same way. */
export function payloadPath(n: number): string {
  return `payload/${tileNumberPath(n)}`
}

function partialSuffix(width: number): string {
  return width === TILE_WIDTH ? '' : `.p/${width}`
}

/** How many hashes level `level` holds in a tree of `size` leaves. */
export function levelWidth(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level)
}

/** The partial tiles a tree of `size` leaves has: at most one a level. */
export function partialTiles(size: number): { level: number; n: number; width: number }[] {
  const tiles: { level: number; n: number; width: number }[] = []
  for (let level = 0; levelWidth(size, level) > 0; level += 1) {
    const total = levelWidth(size, level)
    const width = total % TILE_WIDTH
    if (width > 0) tiles.push({ level, n: Math.floor(total / TILE_WIDTH), width })
  }
  return tiles
}
