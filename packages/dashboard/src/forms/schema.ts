/** How an argument of a tool is asked for. `json`: by hand, where no simple field would do. */
export type FieldKind = 'text' | 'choice' | 'yes-no' | 'whole' | 'number' | 'lines' | 'json'

/** One argument of a tool, as its JSON Schema tells. */
export interface SchemaField {
  readonly name: string
  readonly kind: FieldKind
  readonly required: boolean
  /** What the tool says about it. */
  readonly about: string
  readonly choices: readonly string[]
  /** What is taken without it, as text; null where there is no such value. */
  readonly standard: string | null
  /** Text that may have several lines. */
  readonly long: boolean
}

/** What was written into the fields, by name; what is empty is left out of the call. */
export type SchemaDraft = Readonly<Record<string, string>>

export type Arguments =
  | { readonly kind: 'ready'; readonly args: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unready'; readonly field: string; readonly why: Unready }

/** Why a call cannot be made of what was written. */
export type Unready = 'missing' | 'no-number' | 'not-whole' | 'no-json'

/** Longer texts than this many characters are written on several lines. */
const ONE_LINE = 4096

interface Property {
  readonly type?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: { readonly type?: unknown }
  readonly description?: unknown
  readonly default?: unknown
  readonly maxLength?: unknown
}

/** The fields of a tool's input schema, those that it cannot do without first. */
export function fieldsOf(schema: Readonly<Record<string, unknown>>): SchemaField[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Property>>)
  const fields = properties.map(([name, property]): SchemaField => {
    const kind = kindOf(property)
    return {
      name,
      kind,
      required: required.has(name),
      about: typeof property.description === 'string' ? property.description : '',
      choices: kind === 'choice' ? (property.enum ?? []).map(String) : [],
      standard: property.default === undefined ? null : asText(property.default),
      long: kind === 'text' && !(typeof property.maxLength === 'number' && property.maxLength <= ONE_LINE),
    }
  })
  return fields.toSorted((a, b) => Number(b.required) - Number(a.required))
}

function kindOf({ type, enum: choices, items }: Property): FieldKind {
  if (type === 'string' && choices !== undefined) return 'choice'
  if (type === 'string') return 'text'
  if (type === 'boolean') return 'yes-no'
  if (type === 'integer') return 'whole'
  if (type === 'number') return 'number'
  return type === 'array' && items?.type === 'string' ? 'lines' : 'json'
}

/** What was written for a field, whatever the tool calls it. */
export function writtenFor(draft: SchemaDraft, name: string): string {
  return Object.hasOwn(draft, name) ? (draft[name] ?? '') : ''
}

/** The arguments that were written. Whether they fit, the tool itself says: this only reads them. */
export function argumentsOf(fields: readonly SchemaField[], draft: SchemaDraft): Arguments {
  const args: [string, unknown][] = []
  for (const { name, kind, required } of fields) {
    const written = writtenFor(draft, name)
    if (written.trim() === '') {
      if (required) return { kind: 'unready', field: name, why: 'missing' }
      continue
    }
    const value = said(kind, written)
    if (typeof value === 'string') return { kind: 'unready', field: name, why: value }
    args.push([name, value.is])
  }
  return { kind: 'ready', args: Object.fromEntries(args) }
}

/** What a text says, in a box so that a reason is told from a value. */
function said(kind: FieldKind, written: string): { readonly is: unknown } | Unready {
  switch (kind) {
    case 'text':
    case 'choice':
      return { is: written }
    case 'yes-no':
      return { is: written === 'true' }
    case 'lines':
      return { is: written.split('\n').filter((line) => line.trim() !== '') }
    case 'whole':
      return /^\s*[+-]?\d{1,15}\s*$/.test(written) ? { is: Number(written) } : 'not-whole'
    case 'number':
      return Number.isFinite(Number(written)) ? { is: Number(written) } : 'no-number'
    case 'json':
      return parsed(written)
  }
}

/** A JSON object written by hand; null where it is none. */
export function objectOf(written: string): Readonly<Record<string, unknown>> | null {
  const value = parsed(written.trim() === '' ? '{}' : written)
  if (typeof value === 'string' || typeof value.is !== 'object' || value.is === null || Array.isArray(value.is))
    return null
  return value.is as Readonly<Record<string, unknown>>
}

function parsed(written: string): { readonly is: unknown } | 'no-json' {
  try {
    return { is: JSON.parse(written) as unknown }
  } catch {
    return 'no-json'
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
