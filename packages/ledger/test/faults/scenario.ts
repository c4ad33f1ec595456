/**
 * The work that the fault sweep disturbs: a log is opened, filled past a bundle, published, a payload erased, the key
 * rotated, closed. Waits for a line on standard input, so that a tracer can attach; prints what was acknowledged.
 */
import { writeSync } from 'node:fs'
import { Ledger } from '@castellan/ledger'
import { intent, outcome } from '../drafts.ts'

const [dir, keyDir] = process.argv.slice(2) as [string, string]
const actor = { kind: 'operator', name: 'root' } as const

async function append(ledger: Ledger, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const begun = await ledger.append(intent(i), { args: { i }, summary: `call ${i}` })
      const done = await ledger.append(outcome(begun.index), { result: 'done' })
      writeSync(1, `${begun.index} ${begun.leafHash}\n${done.index} ${done.leafHash}\n`)
    }),
  )
}

process.stdin.once('data', async () => {
  try {
    const ledger = await Ledger.open({ dir, keyDir, origin: 'test.example/faults' })
    await append(ledger, 20)
    await append(ledger, 150)
    await ledger.publish()
    await ledger.erase({ index: 4, reason: 'a test', actor })
    await ledger.rotateKey({ actor })
    await append(ledger, 10)
    await ledger.close()
    writeSync(1, 'closed\n')
  } catch (error) {
    writeSync(1, `error ${(error as { code?: string }).code}\n`)
  }
  process.exit(0)
})
writeSync(1, 'ready\n')
