import type { RecordCall } from './record.ts'

export async function fileExamples(record: RecordCall): Promise<void> {
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
}
