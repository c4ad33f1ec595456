import type { RecordCall } from './record.ts'

export async function fileExamples(record: RecordCall): Promise<void> {
  await record('file_write', { path: 'notes/today.txt', content: 'buy milk\n' })
  await record('file_write', { path: 'notes/today.txt', content: 'call the plumber\n', mode: 'append' })
  await record('directory_list', { path: 'notes' })
  await record('file_read', { path: 'notes/today.txt' })
  await record('file_read', { path: '/etc/shadow' })
  await record('file_stat', { path: 'notes/today.txt' })
  await record('file_edit', { path: 'notes/today.txt', find: 'milk', replace: 'oat milk' })
  await record('file_search', { path: 'notes', contains: 'milk' })
  await record('file_checksum', { path: 'notes/today.txt' })
  await record('file_move', { from: 'notes/today.txt', to: 'notes/2026/today.txt' })
  await record('file_move', { from: 'notes/2026/today.txt', to: 'notes/today.txt' })
  await record('directory_usage', { path: '.' })
  const { trashId } = await record('file_delete', { path: 'notes/today.txt' })
  await record('trash_list', { limit: 2 })
  await record('trash_restore', { id: trashId })
  await record('trash_empty', { olderThanDays: 30 })
}
