import { z } from 'zod'
import type { Tool } from '../../tools/define.ts'
import type { PolicyTool } from '../policy.ts'
import { type ArgumentType, argumentTypes } from '../schema.ts'

/** A tool as far as rules can tell tools apart, in a form that crosses to another thread. */
export interface PlainTool extends PolicyTool {
  readonly args: ReadonlyMap<string, { readonly type: ArgumentType; readonly always: boolean }>
}

export function plainTool(tool: Tool): PlainTool {
  const { name, effect, undo } = tool
  return { name, effect, undo, args: argumentTypes(tool) }
}

/** A tool that rules cannot tell from the one it was made of. It does nothing. */
export function toolOf({ args, ...tool }: PlainTool): Tool {
  const fields = [...args].map(([name, { type, always }]) => {
    const schema = schemas[type]()
    return [name, always ? schema : schema.optional()] as const
  })
  return { ...tool, input: z.object(Object.fromEntries(fields)) } as unknown as Tool
}

const schemas: Readonly<Record<ArgumentType, () => z.ZodType>> = {
  string: () => z.string(),
  integer: () => z.int(),
  boolean: () => z.boolean(),
  strings: () => z.array(z.string()),
}
