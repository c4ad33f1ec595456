import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { checkProof, parsePolicy, parseProof, verifyExport } from '@castellan/ledger'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeLeaf } from '../src/entry/leaf.ts'
import { encodeFrame, readFrame } from '../src/journal/frame.ts'
import { readSegment } from '../src/journal/reader.ts'
import { decodeSegmentHeader, encodeSegmentHeader, segmentFirst } from '../src/journal/segment.ts'
import { decodeBase64 } from '../src/note/base64.ts'
import { parseCheckpoint } from '../src/note/checkpoint.ts'
import { parseVkey } from '../src/note/keys.ts'
import { parseNote, parseSignatureLine } from '../src/note/note.ts'
import { checkRotation } from '../src/note/rotation.ts'
import { ftsQuery } from '../src/search/text.ts'
import { decodeEntryBundle, decodePayloadBundle } from '../src/store/bundle.ts'
import { readHistory } from '../src/store/history.ts'
import { splitItems } from '../src/store/items.ts'
import { readVerifiers } from '../src/store/keys.ts'
import { readMark } from '../src/store/mark.ts'
import { parseEntry } from '../src/transfer/format.ts'
import { readHeader } from '../src/verify/header.ts'
import { parseAddCheckpoint } from '../src/witness/request.ts'
import { tempFolder } from './support.ts'

/** Bytes that look like what is parsed: parts of the real thing, cut, joined and interspersed with anything. */
function near(...parts: readonly (string | Buffer)[]): fc.Arbitrary<Buffer> {
  const pieces = fc.oneof(
    fc.constantFrom(...parts.map((part) => Buffer.from(part))),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('\n', '\n\n', ' ', '+', '\u0000', '\u2014 ', '-1', '9007199254740993', '\ud800')
      .map((s) => Buffer.from(s)),
  )
  return fc
    .array(fc.tuple(pieces, fc.nat(200), fc.nat(200)), { maxLength: 8 })
    .map((cuts) =>
      Buffer.concat(
        cuts.map(([piece, from, length]) =>
          piece.subarray(Math.min(from % (piece.length + 1), from % 7), Math.max(1, length) + from),
        ),
      ),
    )
}

const VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const CHECKPOINT = `example.com/foo\n7\n${Buffer.alloc(32, 7).toString('base64')}\n\n\u2014 example.com/foo ${Buffer.alloc(68, 1).toString('base64')}\n`
const LEAF = `{"actor":{"kind":"system","name":"a"},"index":3,"prev":"${'a'.repeat(64)}","time":1,"type":"gap","v":1}`
const HEADER = encodeSegmentHeader({ v: 1, origin: 'example.com/foo', first: 0, open: [] })
const FRAME = encodeFrame(0, [{ leaf: Buffer.from(LEAF), payload: Buffer.from('p') }], CHECKPOINT)
const PROOF = `c2sp.org/tlog-proof@v1\nextra ${Buffer.from(LEAF).toString('base64')}\nindex 3\n${Buffer.alloc(32).toString('base64')}\n\n${CHECKPOINT}`
const POLICY = `log ${VKEY}\nwitness w ${VKEY} http://w\ngroup g any w\nquorum g\n`
const EXPORT = `{"castellan_ledger_export":1,"origin":"example.com/foo","vkeys":["${VKEY}"]}`

type Parser = readonly [name: string, parse: (bytes: Buffer) => unknown, ...parts: readonly (string | Buffer)[]]

const parsers: readonly Parser[] = [
  ['base64', (bytes) => decodeBase64(bytes.toString()), 'AAAA', 'AA=='],
  ['a signed note', (bytes) => parseNote(bytes), CHECKPOINT],
  ['a signature line', (bytes) => parseSignatureLine(bytes.toString()), CHECKPOINT.slice(60)],
  ['a checkpoint', (bytes) => parseCheckpoint(bytes), CHECKPOINT],
  ['a checkpoint with extensions', (bytes) => parseCheckpoint(bytes, { extensions: true }), CHECKPOINT, 'ext\n'],
  ['a verifier key', (bytes) => parseVkey(bytes.toString()), VKEY],
  ['a proof', (bytes) => parseProof(bytes.toString()), PROOF],
  ['a proof to check', (bytes) => checkProof(bytes.toString(), [VKEY]), PROOF],
  ['a witness policy', (bytes) => parsePolicy(bytes.toString()), POLICY],
  ['an add-checkpoint request', (bytes) => parseAddCheckpoint(bytes.toString()), `old 3\n\n${CHECKPOINT}`],
  ['a line of an export', (bytes) => parseEntry(bytes.toString(), 3), `{"entry":${LEAF},"payload":"AAAA"}`],
  ['a leaf', (bytes) => decodeLeaf(bytes, 3), LEAF],
  ['an entry bundle', (bytes) => decodeEntryBundle(bytes, 0, 2), Buffer.from([0, 1, 65, 0, 1, 66])],
  ['a payload bundle', (bytes) => decodePayloadBundle(bytes, 0, 2), Buffer.from([0, 0, 0, 1, 65, 0, 0, 0, 0])],
  ['items', (bytes) => splitItems(bytes, 2, 256), Buffer.from([255, 255, 0])],
  ['a frame', (bytes) => readFrame(bytes, 0, 0), FRAME],
  ['a segment header', (bytes) => decodeSegmentHeader(bytes, '0000000000000000.seg'), HEADER],
  ['a segment', (bytes) => readSegment(bytes, '0000000000000000.seg', true), Buffer.concat([HEADER, FRAME])],
  [
    'a segment behind a good header',
    (bytes) => readSegment(Buffer.concat([HEADER, bytes]), '0000000000000000.seg', true),
    FRAME,
  ],
  ['a segment name', (bytes) => segmentFirst(bytes.toString()), '0000000000000000.seg'],
  [
    'facts of a rotation',
    (bytes) => checkRotation(3, { old_vkey: VKEY, new_vkey: bytes.toString(), old_signature: bytes.toString() }),
    VKEY,
  ],
  ['a search', (bytes) => ftsQuery(bytes.toString()), 'nginx "OR" *'],
]

test.each(parsers.map(([name, parse, ...parts]) => ({ name, parse, parts })))(
  'parsing $name only ever refuses',
  ({ parse, parts }) => {
    fc.assert(
      fc.property(near(...parts), (bytes) => {
        try {
          parse(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(CastellanError)
        }
      }),
      { numRuns: 400 },
    )
  },
)

test('picking the header of a leaf apart gives up with nothing but bad JSON', () => {
  fc.assert(
    fc.property(near(LEAF), (bytes) => {
      try {
        readHeader(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
      }
    }),
    { numRuns: 400 },
  )
})

describe('files of the key folder and the log', () => {
  test.each([
    ['high-water', async (at: string) => readMark(at, [parseVkey(VKEY)]), CHECKPOINT],
    [
      'history',
      async (at: string) => readHistory(at, 'example.com/foo'),
      `7 ${Buffer.alloc(32).toString('base64')} published\n`,
    ],
    ['vkeys', async (at: string) => readVerifiers(at), `${VKEY}\n`],
  ] as const)('%s, whatever it holds, only ever refuses', async (file, parse, part) => {
    const folder = await tempFolder()
    await mkdir(folder, { recursive: true })
    await fc.assert(
      fc.asyncProperty(near(part), async (bytes) => {
        await writeFile(join(folder, file), bytes)
        await parse(folder).catch((error: unknown) => expect(error).toBeInstanceOf(CastellanError))
      }),
      { numRuns: 100 },
    )
  })

  test('an export of anything is judged or refused', async () => {
    await fc.assert(
      fc.asyncProperty(near(EXPORT, `{"entry":${LEAF}}`, '{"end":1,"checkpoint":""}', '\n'), async (bytes) => {
        async function* lines(): AsyncGenerator<string> {
          yield* bytes.toString().split('\n')
        }
        await verifyExport(lines(), { vkey: VKEY }).then(
          ({ ok }) => expect(ok).toBe(false),
          (error: unknown) => expect(error).toBeInstanceOf(CastellanError),
        )
      }),
      { numRuns: 200 },
    )
  })
})
