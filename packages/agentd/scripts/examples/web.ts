import type { RecordCall } from './record.ts'

export async function webExamples(record: RecordCall): Promise<void> {
  await record('search_web', { query: 'nginx reload without downtime, ask ada@example.org', count: 2 })
  await record('web_fetch', { url: 'http://localhost:8080/' })
  await record('web_fetch', { url: 'https://elsewhere.example.org/' })
}
