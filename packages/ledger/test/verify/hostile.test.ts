import { execFileSync } from 'node:child_process'
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Ledger, verifyLedger } from '@castellan/ledger'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeFrame } from '../../src/journal/frame.ts'
import { readSegment, type SegmentRead } from '../../src/journal/reader.ts'
import { leafHash } from '../../src/merkle/hash.ts'
import { decodeEntryBundle, encodeEntryBundle } from '../../src/store/bundle.ts'
import { fill, intent, type Place, tempFolder, tempPlace } from '../support.ts'

const actor = { kind: 'operator', name: 'root' } as const

async function copyOf(at: Place): Promise<Place> {
  const folder = await tempFolder()
  await cp(dirname(at.dir), folder, { recursive: true })
  return { ...at, dir: join(folder, 'ledger'), keyDir: join(folder, 'keys') }
}

/** Bundles without a journal of their own, a journal, an erasure on record in it; an older copy, and another log. */
let log: Place
let older: Place
let other: Place
beforeAll(async () => {
  log = await tempPlace()
  const first = await Ledger.open(log)
  await fill(first, 600)
  for (const letter of ['z', 'y']) await first.append(intent(7), { args: letter.repeat(4_300_000) })
  await fill(first, 100)
  await first.close()
  older = await copyOf(log)
  const second = await Ledger.open(log)
  await fill(second, 700)
  await second.erase({ index: 4, reason: 'a test', actor })
  for (let i = 0; i < 3; i += 1) await fill(second, 2)
  await second.close()
  other = await tempPlace()
  const third = await Ledger.open(other)
  await fill(third, 700)
  await third.close()
  expect((await verifyLedger(log)).findings).toEqual([])
})

interface Segment {
  readonly path: string
  readonly bytes: Buffer
  readonly read: SegmentRead
}

async function lastSegment(dir: string): Promise<Segment> {
  const name = (await readdir(join(dir, 'journal'))).sort().at(-1) as string
  const path = join(dir, 'journal', name)
  const bytes = await readFile(path)
  return { path, bytes, read: readSegment(bytes, name, true) }
}

/** Changes the newest segment as bytes. */
const onJournal =
  (change: (segment: Segment) => void): Deed =>
  async ({ dir }) => {
    const segment = await lastSegment(dir)
    change(segment)
    await writeFile(segment.path, segment.bytes)
  }

const pipe = async (path: string): Promise<void> => {
  await rm(path)
  execFileSync('mkfifo', [path])
}

type Deed = (at: Place) => Promise<unknown>
const frame = ({ read }: Segment, at: number) => read.frames.at(at) as SegmentRead['frames'][number]

const deeds: readonly [name: string, exitCode: number, deed: Deed][] = [
  ['frames are cut off the end', 5, onJournal((s) => s.bytes.fill(0, frame(s, -2).start))],
  [
    'the journal file is cut at a frame',
    5,
    async ({ dir }) => {
      const segment = await lastSegment(dir)
      await truncate(segment.path, frame(segment, -2).start)
    },
  ],
  ['half of the last frame is blank', 1, onJournal((s) => s.bytes.fill(0, frame(s, -1).start + 64, frame(s, -1).end))],
  [
    'the last frame is there twice',
    1,
    onJournal((s) => s.bytes.copy(s.bytes, frame(s, -1).end, frame(s, -1).start, frame(s, -1).end)),
  ],
  [
    'two frames have changed places',
    1,
    onJournal((s) => {
      const [a, b] = [frame(s, -2), frame(s, -1)]
      const swapped = Buffer.concat([s.bytes.subarray(b.start, b.end), s.bytes.subarray(a.start, a.end)])
      swapped.copy(s.bytes, a.start)
    }),
  ],
  ['something lies behind the end', 1, onJournal((s) => s.bytes.write('hello', s.read.end + 4096))],
  [
    'the payloads of the journal are blank',
    3,
    onJournal((s) => {
      const blank = s.read.frames.map(({ first, entries, checkpoint }) =>
        encodeFrame(
          first,
          entries.map(({ leaf }) => ({ leaf, payload: Buffer.alloc(0) })),
          checkpoint.toString(),
        ),
      )
      const { start } = frame(s, 0)
      s.bytes.fill(0, start)
      Buffer.concat(blank).copy(s.bytes, start)
    }),
  ],
  ['a segment is larger than any', 1, async ({ dir }) => truncate((await lastSegment(dir)).path, 5_000_000_000)],
  ['the journal is gone', 1, ({ dir }) => rm(join(dir, 'journal'), { recursive: true })],
  [
    'a segment has another name',
    1,
    async ({ dir }) => rename((await lastSegment(dir)).path, join(dir, 'journal/0000000000000001.seg')),
  ],
  [
    'a segment of another log follows',
    1,
    async ({ dir }) => cp((await lastSegment(other.dir)).path, join(dir, 'journal/0000000000009999.seg')),
  ],
  [
    'an older copy was put back',
    6,
    async ({ dir }) => {
      await rm(dir, { recursive: true })
      await cp(older.dir, dir, { recursive: true })
    },
  ],
  [
    'an older copy was put back with its high-water mark',
    6,
    async ({ dir, keyDir }) => {
      await rm(dir, { recursive: true })
      await cp(older.dir, dir, { recursive: true })
      await cp(join(older.keyDir, 'high-water'), join(keyDir, 'high-water'))
    },
  ],
  [
    'another log was put there under the right list of keys',
    1,
    async ({ dir }) => {
      const keys = await readFile(join(dir, 'vkeys'))
      await rm(dir, { recursive: true })
      await cp(other.dir, dir, { recursive: true })
      await writeFile(join(dir, 'vkeys'), keys)
    },
  ],
  [
    'the mark is another log\u2019s',
    9,
    ({ keyDir }) => cp(join(other.keyDir, 'high-water'), join(keyDir, 'high-water')),
  ],
  ['the mark is empty', 9, ({ keyDir }) => writeFile(join(keyDir, 'high-water'), '')],
  ['the mark is a pipe', 9, ({ keyDir }) => pipe(join(keyDir, 'high-water'))],
  [
    'the signing key is another log\u2019s',
    4,
    ({ keyDir }) => cp(join(other.keyDir, 'signing.key'), join(keyDir, 'signing.key')),
  ],
  ['the signing key is gone', 13, ({ keyDir }) => rm(join(keyDir, 'signing.key'))],
  ['a key is listed twice', 1, async ({ dir }) => appendFile(join(dir, 'vkeys'), await readFile(join(dir, 'vkeys')))],
  [
    'another key is listed',
    4,
    async ({ dir }) => appendFile(join(dir, 'vkeys'), await readFile(join(other.dir, 'vkeys'))),
  ],
  ['the list of keys is a pipe', 1, ({ dir }) => pipe(join(dir, 'vkeys'))],
  ['the checkpoint is an older one', 6, ({ dir }) => cp(join(older.dir, 'checkpoint'), join(dir, 'checkpoint'))],
  ['the checkpoint is another log\u2019s', 1, ({ dir }) => cp(join(other.dir, 'checkpoint'), join(dir, 'checkpoint'))],
  ['the checkpoint is a pipe', 1, ({ dir }) => pipe(join(dir, 'checkpoint'))],
  ['a bundle is a pipe', 1, ({ dir }) => pipe(join(dir, 'tile/entries/001'))],
  ['a bundle is larger than any', 1, ({ dir }) => truncate(join(dir, 'tile/entries/001'), 3_000_000_000)],
  [
    'a bundle is a folder',
    13,
    async ({ dir }) => {
      await rm(join(dir, 'tile/entries/001'))
      await mkdir(join(dir, 'tile/entries/001'))
    },
  ],
  [
    'a tile is a link to another',
    1,
    async ({ dir }) => {
      await rm(join(dir, 'tile/0/001'))
      await symlink('000', join(dir, 'tile/0/001'))
    },
  ],
  [
    'two bundles have changed places with all that belongs to them',
    1,
    async ({ dir }) => {
      for (const folder of ['tile/entries', 'tile/0', 'payload'].map((name) => join(dir, name))) {
        await rename(join(folder, '000'), join(folder, 'aside'))
        await rename(join(folder, '001'), join(folder, '000'))
        await rename(join(folder, 'aside'), join(folder, '001'))
      }
    },
  ],
  [
    'an entry is changed, its hash and the chain to the end of its bundle made anew',
    1,
    async ({ dir }) => {
      const path = join(dir, 'tile/entries/001')
      const leaves = decodeEntryBundle(await readFile(path), 256, 256)
      leaves[9] = Buffer.from((leaves[9] as Buffer).toString().replace('"main"', '"mann"'))
      for (let i = 10; i < 256; i += 1) {
        const prev = leafHash(leaves[i - 1] as Buffer).toString('hex')
        leaves[i] = Buffer.from((leaves[i] as Buffer).toString().replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`))
      }
      await writeFile(path, encodeEntryBundle(leaves))
      await writeFile(join(dir, 'tile/0/001'), Buffer.concat(leaves.map(leafHash)))
    },
  ],
]

test.each(deeds)('%s: exit code %i', async (_, exitCode, deed) => {
  const at = await copyOf(log)
  await deed(at)
  const verdict = await verifyLedger(at)
  expect(verdict).toMatchObject({ ok: false, exitCode })
  // An erasure whose record was cut off with the tail is not held against the payload.
  expect(verdict.findings.some(({ subject, index }) => subject === 'payload' && index === 4)).toBe(false)
  await rm(dirname(at.dir), { recursive: true })
})

test('a copy cut below its own signed checkpoint does not pass without the key folder either', async () => {
  const { vkey } = await verifyLedger(log)
  const at = await copyOf(log)
  await onJournal((s) => s.bytes.fill(0, frame(s, -2).start))(at)
  expect(await verifyLedger({ dir: at.dir, vkey })).toMatchObject({ exitCode: 5, findings: [{ kind: 'truncated' }] })
})

describe('while an operator erases', () => {
  test('no verification finds anything wrong', async () => {
    const at = await tempPlace()
    const ledger = await Ledger.open(at)
    await fill(ledger, 600)
    let erasing = true
    const work = (async () => {
      for (let index = 0; index < 60; index += 1) await ledger.erase({ index: index * 7, reason: 'a test', actor })
      erasing = false
    })()
    while (erasing) expect((await verifyLedger(at)).findings).toEqual([])
    await work
    await ledger.close()
  })
})
