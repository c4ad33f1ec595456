import { IncidentListing } from '@castellan/contracts'
import { localTime } from '../describe.ts'
import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

/** `agentctl incidents`: what went wrong that the operator should know of. */
export function addIncidents({ program, act }: Cli): void {
  program
    .command('incidents')
    .description('what went wrong that you should know of, newest first')
    .action(
      act(async (context) => {
        const operator = await context.operator()
        const { incidents } = await operator.request('GET', '/v1/incidents', { schema: IncidentListing })
        const { terminal } = context
        terminal.result(incidents, () => {
          if (incidents.length === 0) return terminal.line('No incident.')
          terminal.table(
            ['INCIDENT', 'CLASS', 'SEVERITY', 'STATE', 'SEEN', 'LAST', 'ABOUT', 'WHAT'],
            incidents.map(({ id, class: of, severity, state, count, last_at, subject, summary }) => [
              id,
              of,
              severity,
              state,
              `${count}`,
              localTime(last_at),
              printable(subject),
              printable(summary),
            ]),
          )
        })
        return exitCodes.ok
      }),
    )
}
