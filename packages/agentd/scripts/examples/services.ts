import type { RecordCall } from './record.ts'

export async function serviceExamples(record: RecordCall): Promise<void> {
  await record('service_list', { state: 'running', limit: 3 })
  await record('service_status', { unit: 'systemd-journald' })
  await record('service_status', { unit: 'systemd-jornald' })
  await record('service_stop', { unit: 'web' })
  await record('service_stop', { unit: 'systemd-journald' })
  await record('service_start', { unit: 'web' })
  await record('service_restart', { unit: 'web' })
  await record('service_reload', { unit: 'web' })
  // The reboot that the examples of the system tools have scheduled.
  await record('service_stop', { unit: 'castellan-reboot.timer' })
  await record('service_failed')
  await record('unit_read', { unit: 'web' })
  await record('timer_list', { name: 'report' })
  await record('service_dependencies', { unit: 'web' })
}
