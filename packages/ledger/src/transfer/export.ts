import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged } from '../error.ts'
import type { Frame, StoredEntry } from '../journal/frame.ts'
import { looksProvisional } from '../journal/provisional.ts'
import { JournalReader } from '../journal/reader.ts'
import { bundlePath, payloadPath, TILE_WIDTH } from '../merkle/tiles.ts'
import type { Verifier } from '../note/keys.ts'
import { decodeEntryBundle, decodePayloadBundle } from '../store/bundle.ts'
import { readVerifiers } from '../store/keys.ts'
import { readPublished } from '../store/published.ts'
import { type ExportEnd, type ExportHead, formatEntry } from './format.ts'

/**
 * The lines of an export of the log in `dir`, each ending in a newline. Read-only, in constant memory, also while a
 * writer appends: it ends at the newest batch that is durable and signed.
 */
export async function* exportLedger(dir: string): AsyncGenerator<string> {
  const verifiers = await readVerifiers(dir)
  if (verifiers === null) throw damaged(`There is no ledger in ${dir}: its vkeys file is missing`, { file: 'vkeys' })
  const head: ExportHead = {
    castellan_ledger_export: 1,
    origin: (verifiers.at(-1) as Verifier).name,
    vkeys: verifiers.map(({ vkey }) => vkey),
  }
  yield `${JSON.stringify(head)}\n`
  const journal = await JournalReader.open(dir)
  try {
    let size = 0
    let checkpoint: string | null = null
    for await (const entry of bundles(dir, journal.first ?? 0)) {
      yield `${formatEntry(entry)}\n`
      size += 1
    }
    for await (const segment of journal.segments({ keep: false })) {
      for (const frame of signedFrames(segment.frames)) {
        for (const entry of frame.entries) yield `${formatEntry(entry)}\n`
        size += frame.entries.length
        checkpoint = frame.checkpoint.toString()
      }
      if (segment.stop.kind === 'damaged') throw segment.stop.error
    }
    // A journal without frames follows a log that ends with its last segment; the published checkpoint is its head.
    checkpoint ??= (await readPublished(dir, verifiers)) === null ? '' : await readFile(join(dir, 'checkpoint'), 'utf8')
    const end: ExportEnd = { end: size, checkpoint }
    yield `${JSON.stringify(end)}\n`
  } finally {
    await journal.close()
  }
}

/** Up to the newest signature: what is written but not signed yet, or lost its signature in a power cut, is not handed on. */
function signedFrames(frames: readonly Frame[]): readonly Frame[] {
  return frames.slice(0, frames.findLastIndex(({ checkpoint }) => !looksProvisional(checkpoint)) + 1)
}

async function* bundles(dir: string, end: number): AsyncGenerator<StoredEntry> {
  for (let n = 0; n * TILE_WIDTH < end; n += 1) {
    const first = n * TILE_WIDTH
    const leaves = decodeEntryBundle(await readFile(join(dir, bundlePath(n))), first, TILE_WIDTH)
    const payloads = decodePayloadBundle(await readFile(join(dir, payloadPath(n))), first, TILE_WIDTH)
    for (let i = 0; i < TILE_WIDTH && first + i < end; i += 1)
      yield { leaf: leaves[i] as Buffer, payload: payloads[i] as Buffer }
  }
}
