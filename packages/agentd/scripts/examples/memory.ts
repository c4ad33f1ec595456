import type { RecordCall } from './record.ts'

export async function memoryExamples(record: RecordCall): Promise<void> {
  const { fact } = await record('memory_store', {
    text: 'Backups go to the NAS in the cellar at 02:30.',
    source: 'the owner said so',
    tags: ['backup'],
  })
  await record('memory_recall', { about: 'where do the backups go' })
  await record('memory_list', { limit: 1 })
  await record('memory_forget', { id: (fact as { id: number }).id })
}
