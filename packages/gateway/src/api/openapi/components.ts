import * as contracts from '@castellan/contracts'
import * as resources from '@castellan/contracts/api'
import { type Operation, operations } from '@castellan/contracts/api'
import { z } from 'zod'

/** A JSON Schema (2020-12), or any other part of an OpenAPI document. */
export type Json = { readonly [key: string]: unknown }

/** Whether a schema says what is sent to the gateway, or what it answers: fields with a default differ in that. */
type Side = 'input' | 'output'

const REF = '#/components/schemas/'

/** The schemas of the document under their names, and where a schema of the contracts stands among them. */
export interface Components {
  readonly schemas: Json
  /** What an operation's part refers to. Throws for a schema that the contracts do not export and no operation has. */
  ref(schema: z.ZodType, side: Side): Json
}

/**
 * Names every schema after its export, and those that only one operation has after that operation: `CreateChatBody`. Only
 * what an operation or the chat reaches gets into the document. Where a schema reads otherwise than it writes, because a
 * field has a default, what is sent has a name of its own: `…Input`.
 */
export function buildComponents(): Components {
  const registry = named()
  const sides = { input: schemasOf(registry, 'input'), output: schemasOf(registry, 'output') }
  const roots = rootsOf(registry)
  const reached = { input: reach(sides.input, roots.input), output: reach(sides.output, roots.output) }
  const apart = unlike(sides, reached)
  const nameOf = (name: string, side: Side) => (side === 'input' && apart.has(name) ? `${name}Input` : name)

  const schemas: Record<string, unknown> = {}
  for (const side of ['output', 'input'] as const) {
    for (const name of reached[side]) schemas[nameOf(name, side)] = renamed(sides[side][name], side, nameOf)
  }
  return {
    schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    ref(schema, side) {
      const id = registry.get(schema)?.id
      if (id === undefined) throw new TypeError('this schema has no name: export it from the contracts')
      return { $ref: `${REF}${nameOf(id, side)}` }
    },
  }
}

type Named = z.core.$ZodRegistry<{ id: string }>

function named(): Named {
  const registry: Named = z.registry<{ id: string }>()
  const taken = new Set<string>()
  const name = (schema: unknown, id: string) => {
    if (!(schema instanceof z.ZodType) || registry.has(schema) || taken.has(id)) return
    registry.add(schema, { id })
    taken.add(id)
  }
  for (const [id, schema] of Object.entries({ ...contracts, ...resources })) name(schema, id)
  for (const { id, body, answer, event } of operations) {
    const base = `${id[0]?.toUpperCase()}${id.slice(1)}`
    name(body, `${base}Body`)
    name(answer, `${base}Answer`)
    name(event, `${base}Event`)
  }
  return registry
}

/** What the document is entered by: the operations' bodies and answers, and the frames of the chat. */
function rootsOf(registry: Named): Record<Side, string[]> {
  const idOf = (schema: z.ZodType | undefined) => (schema === undefined ? [] : [registry.get(schema)?.id ?? ''])
  return {
    input: [...operations.flatMap((operation: Operation) => idOf(operation.body)), 'ClientFrame'],
    output: [
      ...operations.flatMap(({ answer, event }: Operation) => [...idOf(answer), ...idOf(event)]),
      'ServerFrame',
      'ErrorEnvelope',
    ],
  }
}

function schemasOf(registry: Named, io: Side): Record<string, Json> {
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: (id) => REF + id,
    // What JSON Schema cannot say (a check in code, a coerced string) is checked all the same.
    unrepresentable: 'any',
  })
  const clean = ({ $schema: _, $id: __, ...schema }: Json): Json => schema
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, clean(schema as Json)]))
}

function reach(schemas: Record<string, Json>, roots: readonly string[]): Set<string> {
  const reached = new Set<string>()
  const waiting = [...roots]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue
    reached.add(name)
    waiting.push(...refsIn(schemas[name]))
  }
  return reached
}

/** The names that stand for two things: what differs by itself, or by something it refers to. */
function unlike(sides: Record<Side, Record<string, Json>>, reached: Record<Side, Set<string>>): Set<string> {
  const both = [...reached.input].filter((name) => reached.output.has(name))
  const apart = new Set(both.filter((name) => text(sides.input[name]) !== text(sides.output[name])))
  for (let grown = true; grown; ) {
    const more = both.filter((name) => !apart.has(name) && refsIn(sides.input[name]).some((ref) => apart.has(ref)))
    for (const name of more) apart.add(name)
    grown = more.length > 0
  }
  return apart
}

function refsIn(schema: unknown): string[] {
  return [...text(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name as string)
}

function renamed(schema: unknown, side: Side, nameOf: (name: string, side: Side) => string): unknown {
  return JSON.parse(
    text(schema).replaceAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g, (_, name: string) => {
      return `"$ref":"${REF}${nameOf(name, side)}"`
    }),
  )
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? ''
}
