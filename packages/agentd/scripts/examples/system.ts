import type { RecordCall } from './record.ts'

export async function systemExamples(record: RecordCall): Promise<void> {
  await record('system_health')
  await record('system_info')
  await record('process_list', { sortBy: 'memory', limit: 2 })
  await record('memory_usage')
  await record('disk_usage', { path: '/var/log' })
}
