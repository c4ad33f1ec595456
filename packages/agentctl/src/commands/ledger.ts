import type { Cli } from '../program.ts'
import { addLedgerCheck } from './ledger/check.ts'
import { addLedgerClockSet } from './ledger/clock-set.ts'
import { addLedgerConsistent } from './ledger/consistent.ts'
import { addLedgerCosign } from './ledger/cosign.ts'
import { addLedgerErase } from './ledger/erase.ts'
import { addLedgerExport, addLedgerImport } from './ledger/export.ts'
import { addLedgerProve } from './ledger/prove.ts'
import { addLedgerRepair } from './ledger/repair.ts'
import { addLedgerRotateKey } from './ledger/rotate-key.ts'
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
    addLedgerCosign,
    addLedgerErase,
    addLedgerRotateKey,
    addLedgerExport,
    addLedgerImport,
    addLedgerRepair,
    addLedgerClockSet,
  ]) {
    add(ledger, cli)
  }
}
