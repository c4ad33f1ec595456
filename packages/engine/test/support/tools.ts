import type { ToolDescriptor } from '@castellan/contracts'

type Properties = Readonly<Record<string, Record<string, unknown>>>

/** A descriptor of a tool as agentd lists it, as far as the engine looks at it. */
export function tool(
  name: string,
  properties: Properties = {},
  { required = [], effect = 'read', undo = 'none' }: Partial<ToolDescriptor> & { required?: string[] } = {},
): ToolDescriptor {
  const words = name.replaceAll('_', ' ')
  return {
    name: name as ToolDescriptor['name'],
    title: `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
    description: `What ${words} does.`,
    effect,
    undo,
    limits: { timeoutMs: 1000, outputBytes: 65_536, perMinute: 60 },
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    outputSchema: { type: 'object' },
  }
}

const text = { type: 'string', minLength: 1 }
const path = { path: text }
const number = { type: 'integer', minimum: 1, maximum: 1000 }

/** The tools the built-in model knows, with the arguments it may give them. */
export const catalogue: readonly ToolDescriptor[] = [
  tool('system_health'),
  tool('system_info'),
  tool('process_list', { sortBy: { enum: ['cpu', 'memory', 'startTime'] }, name: text, limit: number }),
  tool('memory_usage'),
  tool('disk_usage', path),
  tool('service_list', { state: { enum: ['active', 'inactive', 'failed', 'running'] }, name: text }),
  tool('service_status', { unit: text }, { required: ['unit'] }),
  tool('service_failed'),
  tool('journal_query', {
    unit: text,
    priority: { enum: ['err', 'warning', 'info', 'debug'] },
    since: text,
    grep: text,
    limit: number,
  }),
  tool('network_listeners', { port: { type: 'integer' }, protocol: { enum: ['tcp', 'udp'] } }),
  tool('directory_list', path),
  tool('file_read', path, { required: ['path'] }),
  tool('file_stat', path, { required: ['path'] }),
  tool(
    'file_write',
    { ...path, content: text, mode: { enum: ['append', 'overwrite'] } },
    { required: ['path', 'content'], effect: 'change', undo: 'inverse' },
  ),
  tool(
    'file_edit',
    { ...path, find: text, replace: text },
    { required: ['path', 'find', 'replace'], effect: 'change', undo: 'inverse' },
  ),
  tool('file_delete', path, { required: ['path'], effect: 'change', undo: 'inverse' }),
  tool('trash_list'),
  tool('trash_restore', { ...path, id: text }, { effect: 'change', undo: 'inverse' }),
  tool('generation_list'),
  tool('ledger_query', { limit: number, tool: text, since: text }),
  tool('ledger_verify'),
  tool('undo_apply', { index: { type: 'integer', minimum: 0 } }, { effect: 'change', undo: 'inverse' }),
]
