import type { RecordCall } from './record.ts'

export async function appExamples(record: RecordCall): Promise<void> {
  await record('file_write', { path: 'clock/run.sh', content: 'while date; do sleep 60; done\n' })
  await record('app_deploy', { name: 'clock', argv: ['/bin/sh', '/app/run.sh'], source: 'clock', network: 'none' })
  await record('app_list')
  await record('app_stop', { name: 'clock' })
  await record('app_start', { name: 'clock' })
  await record('app_restart', { name: 'clock' })
  await record('app_logs', { name: 'clock', limit: 3 })
  await record('app_remove', { name: 'clock', state: true })
}
