import type { RecordCall } from './record.ts'

/** Needs a key for backups, which make-example-calls.ts has made. */
export async function backupExamples(record: RecordCall): Promise<void> {
  await record('file_write', { path: 'shop/orders.txt', content: 'one castle, medium\n' })
  const { id } = await record('backup_create', { paths: ['shop'], set: 'shop' })
  await record('backup_list')
  await record('backup_verify', { id })
  await record('backup_restore', { id, to: 'restored' })
}
