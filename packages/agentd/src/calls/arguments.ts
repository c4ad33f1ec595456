import { CastellanError, describeIssue, type ToolDescriptor } from '@castellan/contracts'
import { didYouMean } from '@castellan/daemon'
import type { z } from 'zod'
import type { Tool } from '../tools/define.ts'

/** How many levels arguments may be nested: everything after this reads them by recursion. */
const MAX_DEPTH = 64

/** Reads arguments by the tool's own schema. Throws `invalid_arguments` with a sentence per field and the nearest known name. */
export function readArguments(tool: Tool, descriptor: ToolDescriptor, args: Record<string, unknown>): unknown {
  refuseUnrecordable(tool.name, args, [])
  const result = tool.input.safeParse(args)
  if (result.success) return result.data
  const sentences = result.error.issues.flatMap((issue) => describe(issue, tool.name, descriptor.inputSchema))
  throw new CastellanError('invalid_arguments', sentences.join(' '), {
    detail: { issues: result.error.issues.map(({ path, message }) => ({ path: path.map(String), message })) },
  })
}

/** Arguments are hashed and recorded as RFC 8785 JSON, which has no form for half a surrogate pair. */
function refuseUnrecordable(tool: string, value: unknown, path: readonly string[]): void {
  if (path.length > MAX_DEPTH) {
    throw new CastellanError(
      'invalid_arguments',
      `The arguments of ${tool} are nested more than ${MAX_DEPTH} levels deep.`,
    )
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new CastellanError('invalid_arguments', `Argument ${path.join('.')} of ${tool}: must be well-formed Unicode.`)
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, field] of Object.entries(value)) {
    if (!name.isWellFormed()) {
      throw new CastellanError(
        'invalid_arguments',
        `${tool} was sent an argument whose name is not well-formed Unicode.`,
      )
    }
    refuseUnrecordable(tool, field, [...path, name])
  }
}

function describe(issue: z.core.$ZodIssue, tool: string, schema: Record<string, unknown>): string[] {
  if (issue.code !== 'unrecognized_keys') {
    const field = issue.path.length === 0 ? 'The arguments' : `Argument ${issue.path.map(String).join('.')}`
    return [`${field} of ${tool}: ${describeIssue(issue)}.`]
  }
  const known = knownNames(schema, issue.path)
  return issue.keys.map((key) => {
    const name = [...issue.path.map(String), key].join('.')
    const hint = didYouMean(key, known)
    const list = known.length === 0 ? ' It takes none here.' : ` It takes ${known.join(', ')}.`
    return `${tool} has no argument ${JSON.stringify(name)}.${hint === '' ? list : hint}`
  })
}

/** The names an object at this place may have, out of the tool's JSON Schema. */
function knownNames(schema: Record<string, unknown>, path: readonly PropertyKey[]): string[] {
  let here: unknown = schema
  for (const step of path) {
    const node = here as { properties?: Record<string, unknown>; items?: unknown } | undefined
    here = typeof step === 'number' ? node?.items : node?.properties?.[String(step)]
  }
  return Object.keys((here as { properties?: object } | undefined)?.properties ?? {})
}
