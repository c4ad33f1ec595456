import { OperatorKey, OperatorKeyId, OperatorListing } from '@castellan/contracts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

export function addOperators({ program, act }: Cli): void {
  const operators = program.command('operators').description('the keys whose signature approves a call')
  operators
    .command('list', { isDefault: true })
    .description('list the enrolled keys; a browser enrols its own at sign-in')
    .action(
      act(async (context) => {
        const agentd = await context.operator()
        const { operators: keys } = await agentd.request('GET', '/v1/operators', { schema: OperatorListing })
        const { terminal } = context
        terminal.result(keys, () => {
          if (keys.length === 0) return terminal.line('No operator key is enrolled; signing in to the page enrols one.')
          terminal.table(
            ['KEY', 'STATE', 'ENROLLED', 'NAME'],
            keys.map((key) => [
              key.key_id,
              key.revoked_at === undefined ? 'active' : `revoked ${localTime(key.revoked_at)}`,
              `${localTime(key.enrolled_at)} by ${key.enrolled_by === 'sign_in' ? 'sign-in' : 'an operator'}`,
              printable(key.name),
            ]),
          )
        })
        return exitCodes.ok
      }),
    )
  operators
    .command('revoke')
    .argument('<key>', 'the key to revoke, as `agentctl operators` lists it')
    .description('revoke a key: what it signs from now on approves nothing')
    .action(
      act(async (context, key: string) => {
        if (!OperatorKeyId.safeParse(key).success) {
          throw new UsageError(`${key} is not an operator key's id; \`agentctl operators\` lists them (opk_…).`)
        }
        const agentd = await context.operator()
        const revoked = await agentd.request('DELETE', `/v1/operators/${key}`, { schema: OperatorKey })
        context.terminal.result(revoked, () => context.terminal.line(`Revoked ${key} (${revoked.name}).`))
        return exitCodes.ok
      }),
    )
}
