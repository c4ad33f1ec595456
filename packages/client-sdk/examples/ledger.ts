import { writeFile } from 'node:fs/promises'
import { createClient } from '@castellan/client-sdk'

const castellan = createClient({ url: 'http://127.0.0.1:18789', token: process.env.CASTELLAN_TOKEN ?? '' })

for await (const { entry } of castellan.each('listLedgerEntries', { query: { type: 'outcome', tool: 'file_write' } })) {
  console.log(entry.index, new Date(entry.time).toISOString(), entry.ok)
  const proof = await castellan.getLedgerProof({ params: { index: entry.index } })
  await writeFile(`entry-${entry.index}.tlog-proof`, proof)
}
