import type { Cli } from '../program.ts'
import { addLedgerShow } from './ledger/show.ts'
import { addLedgerTail } from './ledger/tail.ts'

export function addLedger(cli: Cli): void {
  const ledger = cli.program.command('ledger').description('the record of everything that was asked, decided and done')
  addLedgerTail(ledger, cli)
  addLedgerShow(ledger, cli)
}
