import { z } from 'zod'
import { ToolName } from '../ids.ts'
import { ToolDescriptor, ToolEffect } from '../tools.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

/** A tool in a listing: without its schemas, which make most of it. */
export const ToolSummary = ToolDescriptor.pick({ name: true, title: true, description: true, effect: true, undo: true })
export type ToolSummary = z.infer<typeof ToolSummary>

export const ToolPage = pageOf(ToolSummary)

const example = {
  name: 'disk_usage',
  title: 'Disk usage',
  description: 'How full each mounted file system is.',
  effect: 'read',
  undo: 'none',
} as const

export const listTools = defineOperation({
  id: 'listTools',
  method: 'GET',
  path: '/api/v1/tools',
  tag: 'tools',
  summary: 'The tools, by name',
  description: 'What an agent can do on this machine. `getTool` has the schemas of one of them.',
  scope: 'read',
  query: PageQuery.extend({
    effect: ToolEffect.optional(),
    /** Words that name, title or description have, all of them. */
    about: z.string().max(200).optional().describe('Words that the name, title or description has, all of them.'),
  }),
  status: 200,
  answer: ToolPage,
  errors: ['agentd_unavailable'],
  example: { query: { about: 'disk' }, answer: { items: [example], next_cursor: null } },
})

export const getTool = defineOperation({
  id: 'getTool',
  method: 'GET',
  path: '/api/v1/tools/{tool}',
  tag: 'tools',
  summary: 'One tool with its schemas and limits',
  scope: 'read',
  params: z.strictObject({ tool: ToolName }),
  status: 200,
  answer: ToolDescriptor,
  errors: ['unknown_tool', 'agentd_unavailable'],
  example: {
    params: { tool: 'disk_usage' },
    answer: {
      ...example,
      limits: { timeoutMs: 10_000, outputBytes: 65_536, perMinute: 60 },
      inputSchema: { type: 'object', properties: {}, additionalProperties: false },
      outputSchema: { type: 'object' },
    },
  },
})
