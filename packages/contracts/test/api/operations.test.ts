import { errorCatalogue } from '@castellan/contracts'
import { type Operation, operations } from '@castellan/contracts/api'
import { describe, expect, test } from 'vitest'

test('every operation has an id and a route of its own', () => {
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length)
  expect(new Set(operations.map(({ method, path }) => `${method} ${path}`)).size).toBe(operations.length)
})

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  test('names exactly the parameters of its path', () => {
    const inPath = [...operation.path.matchAll(/\{([a-z_]+)\}/g)].map(([, name]) => name)
    expect(Object.keys(operation.params?.shape ?? {})).toEqual(inPath)
  })

  test('has an example of each of its parts, which fits', () => {
    for (const part of ['params', 'query', 'body', 'answer'] as const) {
      const schema = (operation as Operation)[part]
      const example = (operation as Operation).example[part]
      // A query whose fields are all optional may go without.
      if (part === 'answer' && operation.content !== undefined) expect(typeof (example ?? '')).toBe('string')
      else if (schema === undefined) expect(example, part).toBeUndefined()
      else if (part !== 'query' || example !== undefined) expect(() => schema.parse(example), part).not.toThrow()
    }
  })

  test('answers JSON, something else, or nothing', () => {
    const { status, answer, content } = operation
    expect([answer !== undefined, content !== undefined, status === 204].filter(Boolean)).toHaveLength(1)
  })

  test('lists errors of the catalogue, and takes a body only where one is read', () => {
    for (const code of operation.errors) expect(Object.hasOwn(errorCatalogue, code), code).toBe(true)
    if (operation.method === 'GET') expect(operation.body).toBeUndefined()
    if (operation.creates) expect(operation.method).toBe('POST')
  })
})
