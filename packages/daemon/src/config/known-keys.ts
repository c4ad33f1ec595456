import type { z } from 'zod'

/** The keys an object schema knows, for naming the nearest one to a slip. */
export class KnownKeys {
  readonly #schema: z.ZodObject

  constructor(schema: z.ZodObject) {
    this.#schema = schema
  }

  /** Those of the keys at this path that hold keys themselves. */
  sectionsAt(path: readonly PropertyKey[]): string[] {
    const holdsKeys = new Set(['object', 'record'])
    return this.at(path).filter((key) => holdsKeys.has(bare(this.#find([...path, key]))?.def.type ?? ''))
  }

  /** Keys of the object at this path; none where the schema has no object there or takes any key. */
  at(path: readonly PropertyKey[]): string[] {
    const object = bare(this.#find(path))
    return object?.def.type === 'object' ? Object.keys((object as z.ZodObject).shape) : []
  }

  #find(path: readonly PropertyKey[]): z.ZodType | undefined {
    let schema: z.ZodType | undefined = this.#schema
    for (const step of path) schema = memberOf(bare(schema), step)
    return schema
  }
}

function memberOf(schema: z.ZodType | undefined, step: PropertyKey): z.ZodType | undefined {
  if (schema?.def.type === 'object') return (schema as z.ZodObject).shape[String(step)] as z.ZodType | undefined
  if (schema?.def.type === 'array') return (schema as z.ZodArray).element as z.ZodType
  if (schema?.def.type === 'record') return (schema as z.ZodRecord).valueType as z.ZodType
  return undefined
}

/** A schema without its `optional`, `default` and similar wrappers. */
function bare(schema: z.ZodType | undefined): z.ZodType | undefined {
  let current = schema
  while (current !== undefined && 'innerType' in current.def) current = current.def.innerType as z.ZodType
  return current
}
