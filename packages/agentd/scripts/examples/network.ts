import type { RecordCall } from './record.ts'

export async function networkExamples(record: RecordCall): Promise<void> {
  await record('network_interfaces', { name: 'lo' })
  await record('network_listeners', { protocol: 'tcp' })
  await record('network_connections', { limit: 2 })
  await record('network_routes')
  await record('dns_lookup', { name: 'db.example.org', types: ['A'] })
  await record('port_check', { host: 'localhost', port: 8080 })
  await record('port_check', { host: 'localhost', port: 5432 })
  await record('http_check', { url: 'http://localhost:8080/', contains: 'Welcome' })
  await record('http_check', { url: 'http://169.254.169.254/' })
  await record('certificate_check', { host: 'localhost', port: 8080 })
  await record('firewall_status')
}
