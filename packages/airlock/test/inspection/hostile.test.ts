import { InspectionClass } from '@castellan/contracts'
import { marksOf } from '@castellan/daemon'
import { describe, expect, test } from 'vitest'
import { unescapeText } from '../../src/inspection/decode/escapes.ts'
import { windowsOf } from '../../src/inspection/decode/windows.ts'
import type { Finding } from '../../src/inspection/finding.ts'
import { Marks } from '../../src/inspection/marks.ts'
import { scanPart } from '../../src/inspection/scan.ts'
import { BASE62, Draw } from './corpus/draw.ts'

const key = Buffer.alloc(32, 7)
const all = new Set(InspectionClass.options)

function find(text: string, marks = new Marks(key)): Finding[] {
  const findings: Finding[] = []
  for (const _text of scanPart({ place: 'body', text }, marks, all, findings));
  return findings
}

const SIZE = 300_000
const draw = new Draw(5)

describe('texts that are made to take long', () => {
  // Each of these took minutes while some pattern read its text again from every place of it.
  test.each([
    'a',
    '1234567890 ',
    '4',
    'password=',
    'password: "',
    'password',
    '-----BEGIN PRIVATE KEY-----\n',
    '-----BEGIN CERTIFICATE-----\n',
    '-----BEGIN CERTIFICATE-----',
    'eyJhbGciOiJI',
    'eyJhbGciOiJI.',
    'a://b:',
    'a.b@c.d',
    'aaaaaaaaaa@',
    '+1 (2) 3',
    'ab:cd:',
    'ab cd ',
    '%41',
    '%25',
    '\\\\',
    '\\u005c',
    '&#38;',
    'sk-',
    'sk-ant-',
    'gh',
    'ghp_',
    '115,107,45,',
    'login a password ',
    '$6$abc',
    'DE89 3704 0044 0532 ',
    '4111 1111 1111 111 ',
    'bearer ',
    'bearer a',
    'PuTTY-User-Key-File-2',
    'x                                                  =',
    '<password>',
    '<a:b>c',
    'f("password","',
    'password is ',
    'mysql ',
    ' -u a:',
    'a/b_c-d',
    '\0\x01',
    'a\xe2\x80\x8b',
    'quoted-printable =41',
    'abandon ',
    'machine ',
    'AKIA',
    'H4sIAAAAAAAA',
    'UEsDBAoAAAAA',
  ])('%j over and over', (piece) => {
    expect(find(piece.repeat(Math.ceil(SIZE / piece.length)))).toBeInstanceOf(Array)
  })

  test('many short pieces of base64 are read, and none is a key that is none', () => {
    const words = Array.from({ length: 5_000 }, () => draw.of('abcdefghijklmnopqrstuvwxyz', 12)).join(' ')
    expect(find(words)).toEqual([])
  })
})

describe('long texts', () => {
  test('are looked at in pieces that overlap: a key is found wherever it stands, and whole', () => {
    const secret = ['gh', 'p_', draw.of(BASE62, 36)].join('')
    for (const at of [0, 100_000, 163_839, 163_800, 200_704, 327_650, 499_950]) {
      const text = `${'word '.repeat(at / 5)} ${secret} ${'word '.repeat((500_000 - at) / 5)}`
      // Where a piece ends inside of it, its beginning is seen as well; what is cut out is both together.
      const found = find(text).map(({ kind, span }) => ({ kind, seen: text.slice(span?.start, span?.end) }))
      expect(found).toContainEqual({ kind: 'github_token', seen: secret })
      for (const { kind, seen } of found) expect([kind, secret.startsWith(seen)]).toEqual(['github_token', true])
    }
  })

  test('have every place in some piece, and none that is cut off at its end alone', () => {
    const text = 'x'.repeat(1_000_000)
    let reached = 0
    for (const { start, text: piece, from } of windowsOf(text)) {
      expect(start + from).toBeLessThanOrEqual(reached)
      reached = start + piece.length
    }
    expect(reached).toBe(text.length)
  })
})

describe('escapes', () => {
  test('lead back to where they stood', () => {
    for (let round = 0; round < 200; round++) {
      const pieces = Array.from({ length: 12 }, () =>
        draw.one(['a', 'bc', '\\n', '\\u0041', '%41', '&#65;', '\\"', ' ', 'é', '%', '\\']),
      )
      const text = pieces.join('')
      const plain = unescapeText(text)
      if (plain === undefined) continue
      for (let at = 0; at < plain.text.length; at++) {
        const { start, end } = plain.origin({ start: at, end: at + 1 })
        const part = text.slice(start, end)
        expect(unescapeText(part)?.text ?? part).toBe(plain.text[at])
      }
    }
  })
})

describe('marks', () => {
  test('of a value find it at every place of a text and in nothing else', () => {
    const value = draw.of(BASE62, 60)
    const marks = new Marks(key)
    marks.set('test', 'secret', marksOf(key, value))
    for (let at = 0; at < 80; at++) {
      const text = draw.of(`${BASE62} `, at) + value + draw.of(`${BASE62} `, 40)
      expect(find(text, marks).some(({ class: of }) => of === 'secret')).toBe(true)
    }
    expect(find(draw.of(`${BASE62}     `, 200_000), marks).some(({ class: of }) => of === 'secret')).toBe(false)
  })

  test('do not say what the value is: pieces do not overlap, and what everybody knows of it is in none', () => {
    const known = ['sk-', 'ant-api03-'].join('')
    const [first] = marksOf(key, known + 'a'.repeat(2) + draw.of(BASE62, 46))
    expect(marksOf(key, known + draw.of(BASE62, 48))).toHaveLength(2)
    expect(first?.size).toBe(24)
    expect(marksOf(key, 'short')).toEqual([])
    expect(marksOf(key, 'aaaaaaaaaaaaaaaaaaaaaaaa')).toEqual([])
  })
})
