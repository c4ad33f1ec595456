import type { RecordCall } from './record.ts'

export async function journalExamples(record: RecordCall): Promise<void> {
  await record('journal_query', { priority: 'warning', since: 'boot', limit: 3 })
  await record('journal_errors', { since: 'boot', limit: 2 })
  await record('boot_list')
}
