import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { argumentsOf, fieldsOf, objectOf } from '../../src/forms/schema.ts'

/** As tools describe themselves (getTool). */
const schema = {
  type: 'object',
  properties: {
    limit: { type: 'integer', default: 20, description: 'At most this many.' },
    path: { type: 'string', maxLength: 4096, description: 'The file.' },
    content: { type: 'string' },
    kind: { type: 'string', enum: ['file', 'folder'], default: 'file' },
    all: { type: 'boolean', default: false },
    share: { type: 'number' },
    words: { type: 'array', items: { type: 'string' } },
    check: { anyOf: [{ type: 'object' }, { type: 'object' }] },
  },
  required: ['path'],
  additionalProperties: false,
}
const fields = fieldsOf(schema)

test('fields are made of a schema, those that are needed first', () => {
  expect(fields.map(({ name, kind, required }) => [name, kind, required])).toEqual([
    ['path', 'text', true],
    ['limit', 'whole', false],
    ['content', 'text', false],
    ['kind', 'choice', false],
    ['all', 'yes-no', false],
    ['share', 'number', false],
    ['words', 'lines', false],
    ['check', 'json', false],
  ])
  expect(fields.find(({ name }) => name === 'limit')).toMatchObject({ about: 'At most this many.', standard: '20' })
  expect(fields.find(({ name }) => name === 'kind')?.choices).toEqual(['file', 'folder'])
  expect(fields.filter(({ long }) => long).map(({ name }) => name)).toEqual(['content'])
})

test('a tool without arguments has no field', () => {
  expect(fieldsOf({ type: 'object', properties: {}, additionalProperties: false })).toEqual([])
  expect(fieldsOf({})).toEqual([])
})

describe('arguments', () => {
  it('are what was written, and leave out what is empty', () => {
    const draft = {
      ...{ path: 'a b', limit: ' 5 ', content: '', kind: 'folder', all: 'false', share: '0.5' },
      ...{ words: 'one\n\ntwo words\n', check: '{"kind":"tcp"}' },
    }
    expect(argumentsOf(fields, draft)).toEqual({
      kind: 'ready',
      args: {
        ...{ path: 'a b', limit: 5, kind: 'folder', all: false, share: 0.5 },
        ...{ words: ['one', 'two words'], check: { kind: 'tcp' } },
      },
    })
  })

  it.each([
    [{}, 'path', 'missing'],
    [{ path: ' ' }, 'path', 'missing'],
    [{ path: 'a', limit: '1.5' }, 'limit', 'not-whole'],
    [{ path: 'a', limit: 'many' }, 'limit', 'not-whole'],
    [{ path: 'a', limit: '1e300' }, 'limit', 'not-whole'],
    [{ path: 'a', share: 'half' }, 'share', 'no-number'],
    [{ path: 'a', share: 'Infinity' }, 'share', 'no-number'],
    [{ path: 'a', check: '{' }, 'check', 'no-json'],
  ] as const)('of %j are refused for %s: %s', (draft, field, why) => {
    expect(argumentsOf(fields, draft)).toEqual({ kind: 'unready', field, why })
  })

  it('may be called what objects are made of', () => {
    const odd = fieldsOf(
      JSON.parse(
        '{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}},"required":["__proto__"]}',
      ),
    )
    expect(argumentsOf(odd, {})).toEqual({ kind: 'unready', field: '__proto__', why: 'missing' })
    const { kind, args } = argumentsOf(odd, JSON.parse('{"__proto__":"a"}')) as { kind: string; args: object }
    expect([kind, JSON.stringify(args)]).toEqual(['ready', '{"__proto__":"a"}'])
  })

  it('never throw, whatever is written', () => {
    const written = fc.record(Object.fromEntries(fields.map(({ name }) => [name, fc.string()])))
    fc.assert(fc.property(written, (draft) => ['ready', 'unready'].includes(argumentsOf(fields, draft).kind)))
  })
})

test.each([
  ['', {}],
  ['{"a":1}', { a: 1 }],
  ['[1]', null],
  ['null', null],
  ['"text"', null],
  ['7', null],
  ['{', null],
])('%j by hand is %j', (written, args) => {
  expect(objectOf(written)).toEqual(args)
})
