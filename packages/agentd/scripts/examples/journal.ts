import type { RecordCall } from './record.ts'

export async function journalExamples(record: RecordCall): Promise<void> {
  await record('journal_query', { priority: 'warning', since: 'boot', limit: 3 })
}
