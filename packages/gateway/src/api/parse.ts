import { CastellanError, describeIssues } from '@castellan/contracts'
import type { z } from 'zod'

/** Reads a part of a request. Throws `invalid_request`, which names each rule it breaks. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new CastellanError('invalid_request', `${what} does not fit: ${describeIssues(result.error)}.`)
}
