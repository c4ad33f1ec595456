import type { RecordCall } from './record.ts'

export async function mcpExamples(record: RecordCall): Promise<void> {
  await record('mcp_server_start', { server: 'notes' })
  await record('mcp_server_list')
  await record('mcp_server_restart', { server: 'notes' })
  await record('mcp_server_stop', { server: 'notes' })
}
