import { z } from 'zod'
import { Sha256Hex, Timestamp, ToolName } from './ids.ts'
import { ToolEffect } from './tools.ts'

/** A tool that an MCP server offers. Its words are the server's own. */
export const McpServerTool = z.strictObject({
  /** What it is called here, `server__tool`; null where its own name leaves nothing to call it by. */
  name: ToolName.nullable(),
  own_name: z.string(),
  effect: ToolEffect,
  /** SHA-256 of what a model is told of it and of its schemas. */
  hash: Sha256Hex,
  /** Only an accepted tool can be called; `changed` and `new` ones wait for the operator. */
  state: z.enum(['accepted', 'changed', 'new']),
  description: z.string(),
})
export type McpServerTool = z.infer<typeof McpServerTool>

export const McpServerView = z.strictObject({
  name: z.string(),
  state: z.enum(['stopped', 'starting', 'running', 'failed']),
  /** Why it does not run although it should. */
  problem: z.string().optional(),
  started_at: Timestamp.optional(),
  /** What it may reach; nothing without any. */
  domains: z.array(z.string()),
  /** Names of the secrets it is given. */
  secrets: z.array(z.string()),
  tools: z.array(McpServerTool),
})
export type McpServerView = z.infer<typeof McpServerView>

/** `GET /v1/mcp-servers` on operator.sock. */
export const McpServerListing = z.strictObject({ servers: z.array(McpServerView) })
export type McpServerListing = z.infer<typeof McpServerListing>

/** `POST /v1/mcp-servers/:name/acceptance` on operator.sock: agrees to tools, by their own names, with the hashes looked at. */
export const McpAcceptance = z.strictObject({ hashes: z.record(z.string(), Sha256Hex) })
export type McpAcceptance = z.infer<typeof McpAcceptance>
