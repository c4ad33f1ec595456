/**
 * The work that the fault sweep disturbs: a log is opened, filled past a bundle, published, a payload erased, the key
 * rotated, closed. Waits for a line on standard input, so that a tracer can attach; prints what was acknowledged.
 */
import { writeSync } from 'node:fs'
import { Ledger } from '@castellan/ledger'
import { intent, outcome } from '../drafts.ts'

const [dir, keyDir] = process.argv.slice(2) as [string, string]
const actor = { kind: 'operator', name: 'root' } as const

/** What cannot be printed was not acknowledged to anyone: the sweep fails this call as well. */
function print(line: string): void {
  try {
    writeSync(1, line)
  } catch {
    process.exit(0)
  }
}

async function append(ledger: Ledger, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const begun = await ledger.append(intent(i), { args: { i }, summary: `call ${i}` })
      const done = await ledger.append(outcome(begun.index), { result: 'done' })
      print(`${begun.index} ${begun.leafHash}\n${done.index} ${done.leafHash}\n`)
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
    print('closed\n')
  } catch (error) {
    print(`error ${(error as { code?: string }).code}\n`)
  }
  process.exit(0)
})
print('ready\n')
