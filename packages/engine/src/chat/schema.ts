import type { GbnfJsonSchema } from 'node-llama-cpp'

type JsonSchema = Readonly<Record<string, unknown>>

/** Longer bounds make the grammar slow and say little; the tool itself checks them. */
const MAX_BOUND = 256
/** A range of integers this small is spelled out as a list. */
const MAX_LISTED = 64

/**
 * The part of a tool's JSON Schema that a grammar can force: structure, types, enums, constants, short lengths, small ranges.
 * Patterns and wide ranges stay with the tool, whose refusal goes back to the model. A grammar has no optional properties,
 * so an optional one may be null; {@link dropNulls} takes those out again. What holds itself, like any JSON value, may do so once.
 */
export function grammarSchema(schema: JsonSchema): GbnfJsonSchema {
  return forced(schema, { defs: definitionsOf(schema), open: new Set() })
}

interface Scope {
  readonly defs: JsonSchema
  /** References being followed. One that comes up again inside itself has no end, and is taken as a plain value there. */
  readonly open: ReadonlySet<string>
}

function forced(schema: JsonSchema, scope: Scope): GbnfJsonSchema {
  const described = typeof schema.description === 'string' ? { description: schema.description } : {}
  const target = referenced(schema, scope)
  if (target !== undefined) return { ...forced(target.schema, target.scope), ...described } as GbnfJsonSchema
  if ('const' in schema) return { const: schema.const as string, ...described }
  if (Array.isArray(schema.enum)) return { enum: schema.enum, ...described }
  const variants = schema.oneOf ?? schema.anyOf
  if (Array.isArray(variants)) {
    return { oneOf: variants.map((variant: JsonSchema) => forced(variant, scope)), ...described }
  }
  if (schema.type === 'object') return { ...objectSchema(schema, scope), ...described }
  if (schema.type === 'array') {
    const items = isRecord(schema.items) ? { items: forced(schema.items, scope) } : {}
    return { type: 'array', ...items, ...bounds(schema, 'minItems', 'maxItems'), ...described }
  }
  if (schema.type === 'string') return { type: 'string', ...bounds(schema, 'minLength', 'maxLength'), ...described }
  if (schema.type === 'integer') return { ...integerSchema(schema), ...described }
  if (schema.type === 'number' || schema.type === 'boolean' || schema.type === 'null') {
    return { type: schema.type, ...described }
  }
  return { type: ['string', 'number', 'boolean', 'null'], ...described }
}

/** Takes out the nulls that stand for arguments left out, at any depth, where the schema does not ask for a null. */
export function dropNulls(value: unknown, schema: JsonSchema): unknown {
  if (!isRecord(value)) return value
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const kept = Object.entries(value).filter(([name, item]) => item !== null || required.has(name))
  return Object.fromEntries(
    kept.map(([name, item]) => [name, dropNulls(item, isRecord(properties[name]) ? properties[name] : {})]),
  )
}

function objectSchema(schema: JsonSchema, scope: Scope): GbnfJsonSchema {
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const entries = Object.entries(properties).map(([name, property]) => {
    const value = forced(isRecord(property) ? property : {}, scope)
    return [name, required.has(name) ? value : optional(value)] as const
  })
  return { type: 'object', properties: Object.fromEntries(entries) }
}

function optional(schema: GbnfJsonSchema): GbnfJsonSchema {
  const { description, ...rest } = schema as GbnfJsonSchema & { description?: string }
  return {
    oneOf: [rest as GbnfJsonSchema, { type: 'null' }],
    ...(description === undefined ? {} : { description }),
  }
}

function integerSchema({ minimum, maximum }: JsonSchema): GbnfJsonSchema {
  if (typeof minimum !== 'number' || typeof maximum !== 'number' || maximum - minimum >= MAX_LISTED) {
    return { type: 'integer' }
  }
  return { enum: Array.from({ length: maximum - minimum + 1 }, (_, index) => minimum + index) }
}

function bounds(schema: JsonSchema, least: string, most: string): Record<string, number> {
  const kept = [least, most].flatMap((name) => {
    const bound = schema[name]
    return typeof bound === 'number' && bound <= MAX_BOUND ? [[name, bound] as const] : []
  })
  return Object.fromEntries(kept)
}

/** What a reference names, and the definitions without it: within itself it is not written out again, or there would be no end. */
function referenced(schema: JsonSchema, { defs, open }: Scope): { schema: JsonSchema; scope: Scope } | undefined {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace(/^#\/(?:\$defs|definitions)\//, '') : undefined
  if (name === undefined || open.has(name)) return undefined
  const target = Object.hasOwn(defs, name) ? defs[name] : undefined
  return isRecord(target) ? { schema: target, scope: { defs, open: new Set([...open, name]) } } : undefined
}

function definitionsOf(schema: JsonSchema): JsonSchema {
  const definitions = schema.$defs ?? schema.definitions
  return isRecord(definitions) ? definitions : {}
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
