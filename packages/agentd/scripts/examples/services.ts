import type { RecordCall } from './record.ts'

export async function serviceExamples(record: RecordCall): Promise<void> {
  await record('service_list', { state: 'running', limit: 3 })
  await record('service_status', { unit: 'systemd-journald' })
  await record('service_status', { unit: 'systemd-jornald' })
  await record('service_failed')
}
