/** A JSON Schema as the document has it. */
export type Schema = boolean | { readonly [key: string]: unknown }

/** The TypeScript type of what a schema takes. Formats, patterns and bounds are the gateway's to check. */
export function typeOf(schema: Schema | undefined): string {
  if (schema === undefined || schema === true) return 'unknown'
  if (schema === false) return 'never'
  const { $ref, enum: values, anyOf, oneOf, allOf, type } = schema as Record<string, unknown>
  if (typeof $ref === 'string') return nameOf($ref)
  if ('const' in schema) return JSON.stringify(schema.const)
  if (Array.isArray(values)) return union(values.map((value) => JSON.stringify(value)))
  const several = (anyOf ?? oneOf) as Schema[] | undefined
  if (several !== undefined) return union(several.map(typeOf))
  if (Array.isArray(allOf)) return (allOf as Schema[]).map((part) => `(${typeOf(part)})`).join(' & ')
  if (Array.isArray(type)) return union(type.map((one) => typeOf({ ...schema, type: one })))
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return arrayType(schema)
    case 'object':
      return objectType(schema)
    default:
      return 'unknown'
  }
}

export function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

function arrayType(schema: { readonly [key: string]: unknown }): string {
  const { prefixItems, items } = schema as { prefixItems?: Schema[]; items?: Schema }
  if (prefixItems !== undefined) return `[${prefixItems.map(typeOf).join(', ')}]`
  return `(${typeOf(items)})[]`
}

function objectType(schema: { readonly [key: string]: unknown }): string {
  const {
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    properties?: Record<string, Schema>
    required?: string[]
    additionalProperties?: Schema
  }
  const fields = Object.entries(properties).map(([name, field]) => {
    return `${comment(field)}${key(name)}${required.includes(name) ? '' : '?'}: ${typeOf(field)}`
  })
  if (fields.length > 0) {
    const open = additionalProperties !== undefined && additionalProperties !== false
    return `{ ${fields.join('; ')}${open ? '; [further: string]: unknown' : ''} }`
  }
  if (additionalProperties === false) return 'Record<string, never>'
  return `Record<string, ${typeOf(additionalProperties)}>`
}

function comment(schema: Schema): string {
  const description = typeof schema === 'object' ? schema.description : undefined
  return typeof description === 'string' ? `/** ${description.replaceAll('*/', '* /')} */ ` : ''
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ')
}
