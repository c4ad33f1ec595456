import { join } from 'node:path'
import { bundlePath, partialTiles, payloadPath, TILE_WIDTH, tilePath } from '../merkle/tiles.ts'
import { exists } from '../store/files.ts'
import type { Finding, Findings } from './findings.ts'

/**
 * Looks for the files that a published tree of `size` entries consists of: a writer makes them before the checkpoint
 * that calls for them, so one that is not there was removed, also where the journal still holds its entries. Full
 * files of entries before `from` are left to the walk, which reads them.
 */
export async function checkPresence(dir: string, size: number, from: number, findings: Findings): Promise<void> {
  const held = Math.floor(size / TILE_WIDTH)
  for (let n = Math.ceil(from / TILE_WIDTH); n < held; n += 1) {
    const index = n * TILE_WIDTH
    const files = [
      { subject: 'entry', path: bundlePath(n) },
      { subject: 'tile', path: tilePath(0, n) },
      { subject: 'payload', path: payloadPath(n) },
    ] as const
    for (const { subject, path } of files)
      if (!(await exists(join(dir, path)))) findings.add(missing(subject, index, path, size))
  }
  const partial = partialTiles(size).map(({ level, n, width }) => ({
    subject: 'tile' as 'tile' | 'entry',
    index: n * TILE_WIDTH ** (level + 1),
    path: tilePath(level, n, width),
    full: tilePath(level, n),
  }))
  const width = size % TILE_WIDTH
  if (width > 0) {
    const place = { path: bundlePath(held, width), full: bundlePath(held) }
    partial.push({ subject: 'entry', index: held * TILE_WIDTH, ...place })
  }
  for (const { subject, index, path, full } of partial) {
    // In this order: a partial file goes only after the full one has come.
    if ((await exists(join(dir, path))) || (await exists(join(dir, full)))) continue
    findings.add(missing(subject, index, path, size))
  }
}

/** A log makes its checkpoint before its first journal segment: one that has entries has been published. */
export async function checkPublication(dir: string, findings: Findings): Promise<void> {
  if (await exists(join(dir, 'checkpoint'))) return
  findings.add({
    kind: 'missing',
    subject: 'checkpoint',
    file: 'checkpoint',
    message: 'The checkpoint file is missing: nobody can read the published log without it.',
  })
}

function missing(subject: 'entry' | 'tile' | 'payload', index: number, file: string, size: number): Finding {
  const message = `${file} is missing, and the published checkpoint of ${size} entries calls for it.`
  return { kind: 'missing', subject, index, file, message }
}
