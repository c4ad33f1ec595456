import type { RecordCall } from './record.ts'

export async function routineExamples(record: RecordCall): Promise<void> {
  await record('watcher_add', {
    name: 'journal',
    check: { kind: 'unit', unit: 'systemd-journald.service' },
    ladder: [{ act: 'restart', unit: 'systemd-journald.service' }, { act: 'notify' }],
  })
  await record('watcher_list')
  await record('watcher_remove', { name: 'journal' })
  await record('routine_add', {
    name: 'morning-disks',
    cron: '15 7 * * 1-5',
    timezone: 'Europe/Berlin',
    calls: [{ tool: 'disk_usage', args: {} }],
    catchUp: 'once',
  })
  await record('routine_trigger', { name: 'morning-disks' })
  await record('routine_history', { limit: 1 })
  await record('routine_list', { limit: 1 })
  await record('routine_remove', { name: 'morning-disks' })
}
