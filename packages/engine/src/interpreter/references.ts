import type { ToolDescriptor } from '@castellan/contracts'
import { lastDeleted, lastNamed, newestUndoable, nthListed, type PastCall } from './conversation.ts'

/** Words that stand for something named before; a model may copy them as if they were a name. */
const POINTING =
  /^(?:it|its|it's|that|this|them|those|these|one|(?:the|that|this) (?:same )?(?:one|file|note|service|unit|folder|directory|thing)|the same(?: (?:one|file|service|unit|folder))?)$/i

const POSSESSIVE =
  /\b(?:its|for it|about it|of it|from it|by it|on it|with it|in it|in there|that (?:service|unit|folder|directory|file)|this (?:service|unit|folder|directory|file)|the same (?:service|unit|folder|directory|file|one))\b/i

/**
 * Completes a call from the conversation: "undo that", "restore it", "show its log", "the second one". Only arguments that
 * the request leaves open are filled, and only with values that stood in the conversation.
 */
export function resolveReferences(
  tool: ToolDescriptor,
  args: Readonly<Record<string, unknown>>,
  text: string,
  calls: readonly PastCall[],
  tools: readonly ToolDescriptor[],
): Record<string, unknown> {
  const resolved: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(args)) {
    if (!isPointing(value)) resolved[name] = value
  }
  if (tool.name === 'undo_apply') {
    resolved.index ??= newestUndoable(calls, tools)
  } else if (tool.name === 'trash_restore') {
    if (resolved.id === undefined) resolved.path ??= lastDeleted(calls)
  } else {
    for (const name of ['path', 'unit', 'host']) {
      if (!takesArgument(tool, name) || resolved[name] !== undefined) continue
      // What the call cannot do without was meant; what it can do without has to be pointed at.
      if (name in args || requires(tool, name) || POSSESSIVE.test(text)) {
        resolved[name] = nthListed(calls, name, text) ?? lastNamed(calls, name)
      }
    }
  }
  return Object.fromEntries(Object.entries(resolved).filter(([, value]) => value !== undefined))
}

/** Whether a value only points at something named before: "it", "that file". */
export function isPointing(value: unknown): boolean {
  return typeof value === 'string' && POINTING.test(value.trim())
}

/** Whether the tool has an argument of this name, and where that has a list of values, whether this is one of them. */
export function takesArgument(tool: ToolDescriptor, argument: string, value?: string): boolean {
  const properties = (tool.inputSchema.properties ?? {}) as Readonly<Record<string, { enum?: readonly unknown[] }>>
  const property = properties[argument]
  if (property === undefined) return false
  return value === undefined || property.enum === undefined || property.enum.includes(value)
}

function requires(tool: ToolDescriptor, argument: string): boolean {
  const required = tool.inputSchema.required
  return Array.isArray(required) && required.includes(argument)
}

/** Arguments the tool cannot do without and the call does not have. */
export function missingArguments(tool: ToolDescriptor, args: Readonly<Record<string, unknown>>): readonly string[] {
  const required = tool.inputSchema.required
  const missing = Array.isArray(required) ? required.filter((name): name is string => !(name in args)) : []
  // Neither of the two is required by itself, and yet one has to be there.
  const either = tool.name === 'trash_restore' && !('path' in args) && !('id' in args)
  return either && missing.length === 0 ? ['path'] : missing
}
