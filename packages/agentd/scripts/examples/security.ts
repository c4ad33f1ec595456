import type { RecordCall } from './record.ts'

export async function securityExamples(record: RecordCall): Promise<void> {
  await record('hardening_score', { outcome: 'fail' })
  await record('integrity_baseline')
  await record('integrity_status')
}
