import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyLedger } from '@castellan/ledger'
import { expect, test } from 'vitest'
import { logOf } from '../support.ts'

test.each([
  ['a partial hash tile', 'tile/0/001.p/44', (bytes: Buffer) => 32 * 17 + (bytes.length % 2)],
  ['a partial entry bundle', 'tile/entries/001.p/44', startOfEntry(17)],
])('a changed byte in %s is put down to the entry it belongs to', async (_what, file, at) => {
  const log = await logOf(300)
  const path = join(log.dir, file)
  const bytes = await readFile(path)
  const offset = at(bytes)
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset)
  await writeFile(path, bytes)
  const verdict = await verifyLedger(log)
  expect(verdict.exitCode).toBe(1)
  expect(verdict.findings[0]).toMatchObject({ kind: 'altered', file, index: 256 + 17 })
})

function startOfEntry(position: number) {
  return (bundle: Buffer) => {
    let offset = 0
    for (let i = 0; i < position; i += 1) offset += 2 + bundle.readUInt16BE(offset)
    return offset + 2
  }
}
