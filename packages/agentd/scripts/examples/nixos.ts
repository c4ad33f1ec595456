import type { RecordCall } from './record.ts'

export async function nixosExamples(record: RecordCall): Promise<void> {
  await record('generation_list', { limit: 2 })
}
