import { describe, expect, it } from 'vitest'
import { dropNulls, grammarSchema } from '../../src/chat/schema.ts'

describe('the part of a schema that a grammar forces', () => {
  it.each([
    [
      { type: 'string', minLength: 1, maxLength: 4096 },
      { type: 'string', minLength: 1 },
    ],
    [{ type: 'integer', minimum: 1, maximum: 3 }, { enum: [1, 2, 3] }],
    [{ type: 'integer', minimum: 1, maximum: 65_535 }, { type: 'integer' }],
    [
      { enum: ['tcp', 'udp'], description: 'Which.' },
      { enum: ['tcp', 'udp'], description: 'Which.' },
    ],
    [{ const: 'x' }, { const: 'x' }],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, { oneOf: [{ type: 'string' }, { type: 'null' }] }],
    [
      { type: 'array', items: { type: 'string' }, maxItems: 4 },
      { type: 'array', items: { type: 'string' }, maxItems: 4 },
    ],
    [{ $ref: '#/$defs/port', $defs: { port: { type: 'boolean' } } }, { type: 'boolean' }],
    [{}, { type: ['string', 'number', 'boolean', 'null'] }],
  ])('%j', (schema, forced) => {
    expect(grammarSchema(schema)).toEqual(forced)
  })

  it('writes what holds itself out once', () => {
    const list = { type: 'array', items: { $ref: '#/$defs/value' } }
    const schema = { $ref: '#/$defs/value', $defs: { value: { anyOf: [{ type: 'boolean' }, list] } } }
    const anything = { type: ['string', 'number', 'boolean', 'null'] }
    expect(grammarSchema(schema)).toEqual({ oneOf: [{ type: 'boolean' }, { type: 'array', items: anything }] })
  })

  it('lets an optional property be null, and takes the null out again', () => {
    const schema = {
      type: 'object',
      properties: { path: { type: 'string' }, limit: { type: 'integer', description: 'How many.' } },
      required: ['path'],
    }
    expect(grammarSchema(schema)).toEqual({
      type: 'object',
      properties: {
        path: { type: 'string' },
        limit: { oneOf: [{ type: 'integer' }, { type: 'null' }], description: 'How many.' },
      },
    })
    expect(dropNulls({ path: 'a', limit: null }, schema)).toEqual({ path: 'a' })
  })

  it('comes to an end for a schema that contains itself', () => {
    const tree = {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
          required: ['name', 'children'],
        },
      },
    }
    expect(grammarSchema(tree)).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string' },
        children: { type: 'array', items: { type: ['string', 'number', 'boolean', 'null'] } },
      },
    })
    expect(grammarSchema({ $ref: '#/$defs/constructor', $defs: {} })).toEqual({
      type: ['string', 'number', 'boolean', 'null'],
    })
  })
})
