import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clausesOf, headInWords } from '../../src/policy/in-words.ts'
import { readRule } from '../../src/policy/reading.ts'
import { tokensOf } from '../../src/policy/tokens.ts'
import { corpus } from '../support/corpus.ts'

const said = (text: string) => {
  const parts = readRule(text)
  if (parts === null) return null
  return [
    headInWords(parts),
    ...parts.conditions.map((one) => [one.kind, ...clausesOf(one).map(({ text: clause }) => clause)]),
  ]
}

test.each([
  ['permit (principal, action, resource);', ['anybody: every call']],
  ['permit (principal is Agent, action in Action::"read", resource);', ['agents: reading']],
  [
    'permit (principal == Agent::"main", action == Action::"file_write", resource in Path::"/srv/www")\nwhen { context.mode == "operate" && !context.taint.contains("untrusted-text") };',
    [
      'agent main: file_write, on path /srv/www and what is in it',
      ['when', 'the mode is operate', 'the session did not take in untrusted-text'],
    ],
  ],
  [
    'forbid (principal in Channel::"telegram", action in [Action::"change", Action::"destroy"], resource is Host)\nunless { context.approvals >= 2 };',
    [
      'whoever speaks through telegram: changes, what cannot be cleanly taken back, on any other host',
      ['unless', '2 people agreed'],
    ],
  ],
  [
    '@id("a,b(") @reason("permit (x, y") permit (principal is Routine, action, resource == Unit::"a\\"b.service") when { (context.args.n > 1 && true) && context.agreed };',
    [
      'routines and watchers: every call, on unit a"b.service',
      ['when', '(context.args.n > 1 && true)', 'a person agreed to it when it was set up'],
    ],
  ],
])('%s is said in words', (text, expected) => {
  expect(said(text)).toEqual(expected)
})

test('every rule that comes with Castellan can be said', () => {
  const text = readFileSync(new URL('../../../agentd/src/policy/default.cedar', import.meta.url), 'utf8')
  const rules = text.split(/\n(?=@id)/).filter((piece) => piece.startsWith('@id'))
  expect(rules.length).toBeGreaterThan(10)
  for (const rule of rules) {
    const parts = readRule(rule)
    expect([rule, parts?.principal.kind, parts?.action.kind, parts?.resource.kind]).not.toContain('other')
    expect([rule, parts === null]).toEqual([rule, false])
  }
})

test.each([
  '',
  'nonsense',
  'permit',
  'permit (',
  'permit (principal)',
  'forbid (a, b, c, d);',
  '// permit (principal, action, resource);',
])('what is no rule is none: %s', (text) => expect(readRule(text)).toBeNull())

test('pieces are the text again, whatever it is, and take no time that grows faster than it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...corpus),
    fc.string({ unit: fc.constantFrom('"', '\\', '/', '\n', '@', 'a') }),
  )
  fc.assert(
    fc.property(
      fc.array(text).map((parts) => parts.join('')),
      (whole) => {
        expect(
          tokensOf(whole)
            .map(({ text: piece }) => piece)
            .join(''),
        ).toBe(whole)
        readRule(`permit (${whole}`)
      },
    ),
  )
  for (const nasty of ['"\\', '/', '((((', '@a"']) expect(tokensOf(nasty.repeat(50_000)).length).toBeGreaterThan(0)
})
