import type { RecordCall } from './record.ts'

export async function networkExamples(record: RecordCall): Promise<void> {
  await record('network_listeners', { protocol: 'tcp' })
}
