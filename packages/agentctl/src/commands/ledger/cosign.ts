import type { Command } from 'commander'
import { z } from 'zod'
import { exitCodes } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printable } from '../../terminal.ts'

const Report = z.looseObject({
  size: z.int(),
  met: z.boolean(),
  outcomes: z.array(z.looseObject({ witness: z.string(), outcome: z.looseObject({ kind: z.string() }) })),
})

export function addLedgerCosign(ledger: Command, { act }: Cli): void {
  ledger
    .command('cosign')
    .description('ask the configured witnesses to cosign the newest tree head now; exit 1 when their quorum is not met')
    .action(
      act(async (context) => {
        const operator = await context.operator()
        const report = await operator.request('POST', '/v1/ledger/cosign', { schema: Report, timeoutMs: 120_000 })
        const { terminal } = context
        terminal.result(report, () => {
          for (const { witness, outcome } of report.outcomes) {
            const good = outcome.kind === 'cosigned'
            terminal.line(
              `${terminal.paint(good ? 'green' : 'red', good ? '✓' : '✗')} ${printable(witness)}: ${outcome.kind}`,
            )
          }
          terminal.line(
            report.met
              ? `The tree head of ${report.size} entries is cosigned.`
              : 'Too few witnesses cosigned. One that is ahead or inconsistent has seen another history of this ledger.',
          )
        })
        return report.met ? exitCodes.ok : exitCodes.failed
      }),
    )
}
