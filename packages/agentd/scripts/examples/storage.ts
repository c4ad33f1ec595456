import type { RecordCall } from './record.ts'

export async function storageExamples(record: RecordCall): Promise<void> {
  await record('disk_list', { limit: 2 })
  await record('disk_usage', { path: '/var/log' })
  await record('mount_list', { under: '/run', limit: 2 })
  await record('disk_health')
}
