import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCheckpoint, signCheckpoint } from '../../src/note/checkpoint.ts'
import { makeSigner, parseVkey } from '../../src/note/keys.ts'
import { parseNote, parseSignatureLine, signNote, verifiedBy } from '../../src/note/note.ts'

/** The example of C2SP signed-note. */
const VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const NOTE =
  'This is an example message.\n\n' +
  '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'

/** The example of C2SP tlog-checkpoint. */
const CHECKPOINT =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n' +
  '\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n'

const signer = makeSigner('test.example/log', Buffer.alloc(32, 7))

describe('a signed note', () => {
  test('of the specification verifies with the key of the specification', () => {
    const key = parseVkey(VKEY)
    expect(key.vkey).toBe(VKEY)
    expect(verifiedBy(parseNote(NOTE), [key])).toEqual([key])
  })

  test('is refused when a known key did not sign this text', () => {
    expect(() => verifiedBy(parseNote(NOTE.replace('example message', 'exemple message')), [parseVkey(VKEY)])).toThrow(
      /not valid/,
    )
  })

  test('may carry signatures of unknown keys', () => {
    const note = signNote('hello\n', signer, makeSigner('other.example', Buffer.alloc(32, 9)))
    expect(verifiedBy(parseNote(note), [signer.verifier])).toEqual([signer.verifier])
  })

  test('has one spelling: any changed byte is refused or no longer verifies', () => {
    const bytes = Buffer.from(signNote('some text\nof two lines\n', signer))
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [0, 3, 5]) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ (1 << bit)
        const verified = () => verifiedBy(parseNote(changed), [signer.verifier])
        let count = 0
        try {
          count = verified().length
        } catch {
          // refused
        }
        expect(count, `byte ${at}, bit ${bit}`).toBe(0)
      }
    }
  })

  test('parsers never fail in any other way than by refusing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (input) => {
          for (const parse of [parseNote, parseCheckpoint, (text: string | Uint8Array) => parseVkey(String(text))]) {
            try {
              parse(input)
            } catch (error) {
              expect((error as { code: string }).code).toMatch(/^(proof_invalid|invalid_request)$/)
            }
          }
          parseSignatureLine(String(input))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a checkpoint', () => {
  test('of the specification is read', () => {
    const { origin, size, root } = parseCheckpoint(CHECKPOINT)
    expect({ origin, size, root: root.toString('base64') }).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20852163,
      root: 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
    })
  })

  test.each([
    ['a leading zero', '\n5\n', '\n05\n'],
    ['no size', '\n5\n', '\n\n'],
    ['a size beyond 2^53', '\n5\n', '\n9007199254740993\n'],
    ['an extension line', '\n5\n', '\n5\nmore\n'],
  ])('with %s is refused', (_, from, to) => {
    const good = signCheckpoint({ origin: 'test.example/log', size: 5, root: Buffer.alloc(32, 1) }, signer)
    expect(() => parseCheckpoint(good.replace(from, to))).toThrow(/Not a/)
  })
})
