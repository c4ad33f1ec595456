import type { z } from 'zod'

/** A value that travels in a header or trailer as base64url of JSON; undefined where it is not there or not what was agreed. */
export function unpack<Schema extends z.ZodType>(
  schema: Schema,
  text: string | undefined,
): z.output<Schema> | undefined {
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    return undefined
  }
}
