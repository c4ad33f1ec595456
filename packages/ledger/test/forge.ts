import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeLeaf } from '../src/entry/leaf.ts'
import { encodeFrame, type StoredEntry } from '../src/journal/frame.ts'
import { listSegments, readSegment } from '../src/journal/reader.ts'
import { Frontier } from '../src/merkle/frontier.ts'
import { leafHash } from '../src/merkle/hash.ts'
import { signCheckpoint } from '../src/note/checkpoint.ts'
import type { Signer } from '../src/note/keys.ts'
import type { Place } from './support.ts'

const actor = { kind: 'operator', name: 'root' } as const
export const ORIGIN = 'test.example/ledger'

/** Appends entries as whoever can write to the log's folder, and has `signer`, would. */
export async function forge(at: Place, signer: Signer, count: number): Promise<void> {
  const [{ name }] = (await listSegments(at.dir)).slice(-1) as unknown as [{ name: string }]
  const path = join(at.dir, 'journal', name)
  const bytes = await readFile(path)
  const { frames, end } = readSegment(bytes, name, true)
  const leaves = frames.flatMap(({ entries }) => entries.map(({ leaf }) => leaf))
  const tree = new Frontier()
  for (const leaf of leaves) tree.add(leafHash(leaf))
  const first = tree.size
  let prev = leafHash(leaves.at(-1) as Buffer).toString('hex')
  const entries: StoredEntry[] = []
  for (let index = first; index < first + count; index += 1) {
    const leaf = encodeLeaf({ v: 1, index, prev, time: Date.now(), type: 'refused', actor, code: 'busy' })
    prev = leafHash(leaf).toString('hex')
    tree.add(leafHash(leaf))
    entries.push({ leaf, payload: Buffer.alloc(0) })
  }
  const checkpoint = signCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() }, signer)
  encodeFrame(first, entries, checkpoint).copy(bytes, end)
  await writeFile(path, bytes)
}
