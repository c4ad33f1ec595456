import type { Cli } from '../program.ts'
import { addLedgerCheck } from './ledger/check.ts'
import { addLedgerConsistent } from './ledger/consistent.ts'
import { addLedgerProve } from './ledger/prove.ts'
import { addLedgerRepair } from './ledger/repair.ts'
import { addLedgerShow } from './ledger/show.ts'
import { addLedgerTail } from './ledger/tail.ts'

export function addLedger(cli: Cli): void {
  const ledger = cli.program.command('ledger').description('the record of everything that was asked, decided and done')
  for (const add of [
    addLedgerTail,
    addLedgerShow,
    addLedgerProve,
    addLedgerCheck,
    addLedgerConsistent,
    addLedgerRepair,
  ]) {
    add(ledger, cli)
  }
}
