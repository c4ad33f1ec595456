import type { RecordCall } from './record.ts'

export async function incidentExamples(record: RecordCall): Promise<void> {
  const { incident } = await record('incident_create', {
    subject: 'backup.service',
    summary: 'The nightly backup failed: no disk.',
  })
  const { id } = incident as { id: string }
  await record('incident_step', { id, note: 'The disk was unplugged.', contained: true })
  await record('incident_resolve', { id, resolution: 'Plugged in; the backup ran.' })
  await record('incident_list', { limit: 1 })
}
