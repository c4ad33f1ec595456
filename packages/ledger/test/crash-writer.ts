/** A writer for the crash tests: appends with 64 callers and prints the index and leaf hash of what was acknowledged. */
import { writeSync } from 'node:fs'
import { Ledger } from '@castellan/ledger'
import { intent, outcome } from './drafts.ts'

const [dir, keyDir] = process.argv.slice(2) as [string, string]
const ledger = await Ledger.open({ dir, keyDir, origin: 'test.example/crash' })
for (const { index } of await ledger.openIntents()) {
  await ledger.append({ type: 'interrupted', actor: { kind: 'system', name: 'agentd' }, intent: index })
}
writeSync(1, 'ready\n')
await Promise.all(
  Array.from({ length: 64 }, async (_, caller) => {
    for (let i = 0; ; i += 1) {
      const begun = await ledger.append(intent(caller * 1000 + i), { args: { caller, i } })
      const done = await ledger.append(outcome(begun.index), { result: 'x'.repeat(i % 50) })
      // Synchronous, so that a line never claims more than was acknowledged before the kill.
      writeSync(1, `${done.index} ${done.leafHash}\n`)
    }
  }),
)
