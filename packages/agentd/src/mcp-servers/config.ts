import { isAbsolute } from 'node:path'
import { ToolEffect } from '@castellan/contracts'
import { z } from 'zod'

const AbsolutePath = z.string().refine(isAbsolute, 'must be an absolute path')

/** What a server is called: the part before the `__` of its tools' names. */
export const McpServerName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,23}$/, 'must be lower-case letters and digits, at most 24 characters')

const EnvironmentName = z.string().regex(/^[A-Z_][A-Z0-9_]{0,63}$/, 'must be the name of an environment variable')

/** A domain, or `*.` and a domain for all below it. */
const Domain = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    'must be a domain like api.example.org',
  )

/** One MCP server as the owner declares it: how to start it, and all that it is given. What is not named it does not get. */
export const McpServerConfig = z.strictObject({
  /** Program and arguments, started as they are: no shell looks at them. It speaks MCP on standard input and output. */
  command: z.array(z.string().min(1).max(4096)).min(1).max(64),
  /** Environment variables that are no secret. */
  env: z.record(EnvironmentName, z.string().max(4096)).default({}),
  /** Environment variables whose value is the content of a file; read at each start, kept nowhere. */
  secrets: z.record(EnvironmentName, AbsolutePath).default({}),
  /** Domains it may reach by HTTPS, on port 443. None without it: it then has no network at all. */
  domains: z.array(Domain).max(64).default([]),
  /** Folders it sees beside the system's programs. */
  folders: z
    .array(z.strictObject({ path: AbsolutePath, access: z.enum(['read', 'write']) }))
    .max(32)
    .default([]),
  /** Whether it is started with agentd. */
  autostart: z.boolean().default(true),
  /** What tools do, by their own names, where the owner knows better: what a server says of itself lets nothing through. */
  effects: z.record(z.string(), ToolEffect).default({}),
})
export type McpServerConfig = z.output<typeof McpServerConfig>

export const McpServersConfig = z.record(McpServerName, McpServerConfig).default({})
