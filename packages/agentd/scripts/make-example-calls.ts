/**
 * Makes the example calls of docs/tools.md for real, through the operator socket of a running agentd, in order (later ones
 * build on earlier ones), and prints them with their answers as JSON. record-tool-examples.ts runs it in a throwaway host.
 */
import { CallAnswer, newId } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import type { ToolExample } from './tools-doc.ts'

const socketPath = process.argv[2]
if (socketPath === undefined) throw new Error('usage: make-example-calls.ts OPERATOR_SOCKET')
const agentd = new UnixClient({ socketPath, unavailable: 'agentd_unavailable', peer: 'agentd' })
const session = newId('ses')
const examples: ToolExample[] = []

async function record(tool: string, args: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const call = { call_id: newId('call'), session, agent: 'operator', tool, args }
  const answer = await agentd.request('POST', '/v1/calls', { body: call, schema: CallAnswer })
  if (answer.status !== 'done') throw new Error(`${tool} asked for an approval`)
  const { summary, ok, result, error } = answer
  examples.push({ tool, args, summary, ...(ok ? { result } : { error: { code: error?.code ?? 'internal' } }) })
  return (result ?? {}) as Record<string, unknown>
}

await record('system_health')
await record('system_info')
await record('process_list', { sortBy: 'memory', limit: 2 })
await record('memory_usage')
await record('disk_usage', { path: '/var/log' })
await record('service_list', { state: 'running', limit: 3 })
await record('service_status', { unit: 'systemd-journald' })
await record('service_status', { unit: 'systemd-jornald' })
await record('service_failed')
await record('journal_query', { priority: 'warning', since: 'boot', limit: 3 })
await record('network_listeners', { protocol: 'tcp' })
await record('file_write', { path: 'notes/today.txt', content: 'buy milk\n' })
await record('file_write', { path: 'notes/today.txt', content: 'call the plumber\n', mode: 'append' })
await record('directory_list', { path: 'notes' })
await record('file_read', { path: 'notes/today.txt' })
await record('file_read', { path: '/etc/shadow' })
await record('file_stat', { path: 'notes/today.txt' })
await record('file_edit', { path: 'notes/today.txt', find: 'milk', replace: 'oat milk' })
const { trashId } = await record('file_delete', { path: 'notes/today.txt' })
await record('trash_list', { limit: 2 })
await record('trash_restore', { id: trashId })
await record('generation_list', { limit: 2 })
await record('command_run', { argv: ['sort', '-r'], stdin: 'one\ntwo\nthree\n' })
await record('shell_exec', { script: 'grep -c milk notes/*.txt && date -d "2026-01-01" +%A > day.txt' })
await record('sandbox_exec', { argv: ['perl', 'sum.pl'], files: [{ name: 'sum.pl', content: 'print 6 * 7, "\\n";' }] })
await record('ledger_query', { tool: 'file_delete', limit: 2 })
await record('ledger_verify')
await record('undo_apply')
agentd.close()

console.log(JSON.stringify(examples, null, 2))
