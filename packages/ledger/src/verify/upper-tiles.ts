import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { READ } from '../store/open-flags.ts'
import type { Findings } from './findings.ts'

/** A full tile above level 0 as it follows from the leaves: one for every 65,536 entries and fewer above. */
export interface UpperTile {
  readonly level: number
  readonly n: number
  readonly bytes: Buffer
}

/**
 * Compares the full tiles above level 0 with those that were rebuilt. They are there for all entries below `settled`:
 * what was published, and what the journal has let go.
 */
export async function checkUpperTiles(
  dir: string,
  tiles: readonly UpperTile[],
  settled: number,
  findings: Findings,
): Promise<void> {
  for (const { level, n, bytes } of tiles) {
    const file = tilePath(level, n)
    const width = TILE_WIDTH ** (level + 1)
    const index = n * width
    const held = await readFile(join(dir, file), { flag: READ }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (held?.equals(bytes)) continue
    if (held !== null) {
      const message = `${file} is not as written: it does not follow from the tiles below it.`
      findings.add({ kind: 'altered', subject: 'tile', index, file, message })
    } else if (index + width <= settled) {
      findings.add({
        kind: 'missing',
        subject: 'tile',
        index,
        file,
        message: `${file}, hashes over entries from ${index} on, is missing.`,
      })
    }
  }
}
