import type { ToolDefinition, ToolLimits } from '@castellan/contracts'
import type { z } from 'zod'
import type { Host } from '../host/host.ts'

/** A tool of agentd, its schemas forgotten: what the call path and the listings work with. */
export type Tool = ToolDefinition<Host>

/** What most read tools need: 10 s, 64 KiB of JSON, and more calls than any conversation makes (100 a second). */
export const readLimits: ToolLimits = { timeoutMs: 10_000, outputBytes: 64 * 1024, perMinute: 6000 }

/** Changes wait for the disk and are rarer. */
export const changeLimits: ToolLimits = { timeoutMs: 30_000, outputBytes: 64 * 1024, perMinute: 600 }

/**
 * A tool with the types of its schemas checked against its implementation. What comes out is the plain {@link Tool}:
 * the call path validates arguments and results with the tool's own schemas, so nothing reaches `run`, `summary` or
 * `revert` that did not pass them.
 */
export function defineTool<Input extends z.ZodType, Output extends z.ZodType>(
  tool: ToolDefinition<Host, Input, Output>,
): Tool {
  return tool as unknown as Tool
}
