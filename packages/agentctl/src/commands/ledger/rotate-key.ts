import type { Command } from 'commander'
import { z } from 'zod'
import { exitCodes } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printable } from '../../terminal.ts'

export function addLedgerRotateKey(ledger: Command, { act }: Cli): void {
  ledger
    .command('rotate-key')
    .description('sign the ledger with a new key from now on; the old and the new key both sign the change')
    .action(
      act(async (context) => {
        const operator = await context.operator()
        const rotated = await operator.request('POST', '/v1/ledger/key-rotation', {
          schema: z.looseObject({ index: z.int(), vkey: z.string() }),
          timeoutMs: 120_000,
        })
        const { terminal } = context
        terminal.result(rotated, () => {
          terminal.line(`The ledger is signed with a new key since № ${rotated.index}:`)
          terminal.line(`  ${printable(rotated.vkey)}`)
          terminal.line('Hand it to everybody who checks proofs or witnesses this ledger, beside the keys they have.')
        })
        return exitCodes.ok
      }),
    )
}
