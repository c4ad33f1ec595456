import { createHash } from 'node:crypto'
import { type Sha256Hex, type ToolDescriptor, toolContract } from '@castellan/contracts'
import type { Tool } from '@modelcontextprotocol/server'
import { metaKeys } from '../calls/meta.ts'

/** Tools of ours that reach what is not this machine. What another MCP server reaches nobody here knows. */
const OUTWARD = /^(dns|http|port|certificate|package)_|^(command_run|shell_exec|flake_update|model_import)$|__/

/** A tool as MCP shows it. The annotations follow from its effect; clients must not take them for a promise. */
export function describeTool(tool: ToolDescriptor, registry: Sha256Hex): Tool {
  const { name, title, description, effect, undo, limits } = tool
  const reads = effect === 'read'
  return {
    name,
    title,
    description,
    inputSchema: rooted(tool.inputSchema),
    outputSchema: rooted(tool.outputSchema),
    annotations: {
      title,
      readOnlyHint: reads,
      destructiveHint: effect === 'destroy',
      idempotentHint: reads,
      openWorldHint: OUTWARD.test(name),
    },
    _meta: {
      [metaKeys.hash]: createHash('sha256').update(toolContract(tool)).digest('hex'),
      [metaKeys.effect]: effect,
      [metaKeys.undoKind]: undo,
      [metaKeys.timeoutMs]: limits.timeoutMs,
      [metaKeys.registry]: registry,
    },
  }
}

/** Every argument and result of a tool is an object; a union of them does not say so at its root, where MCP looks. */
function rooted(schema: Record<string, unknown>): Tool['inputSchema'] {
  return { ...schema, type: 'object' }
}
