import { CapabilityId, CapabilityListing } from '@castellan/contracts'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'

/** `agentctl capability`: rights that agents handed on for a part of a task, and ending them. */
export function addCapability({ program, act }: Cli): void {
  const capability = program.command('capability').description('rights that agents handed on for a part of a task')
  capability.command('list', { isDefault: true }).description('list them, newest first').action(act(list))
  capability
    .command('revoke')
    .argument('<capability>', 'its id, as `agentctl capability` lists it')
    .description('end a capability and all that were made of it')
    .action(act(revoke))
}

async function list(context: Context): Promise<number> {
  const operator = await context.operator()
  const { capabilities } = await operator.request('GET', '/v1/capabilities', { schema: CapabilityListing })
  const { terminal } = context
  terminal.result(capabilities, () => {
    if (capabilities.length === 0)
      return terminal.line('No capability was handed on; the tool capability_mint makes one.')
    terminal.table(
      ['CAPABILITY', 'STATE', 'EXPIRES', 'AGENT', 'SESSION', 'DEPTH', 'TOOLS'],
      capabilities.map(({ id, state, expires_at, agent, session, ancestors, tools }) => [
        id,
        state,
        localTime(expires_at),
        agent,
        session,
        `${ancestors.length}`,
        tools.join(','),
      ]),
    )
  })
  return exitCodes.ok
}

async function revoke(context: Context, capability: string): Promise<number> {
  if (!CapabilityId.safeParse(capability).success) {
    throw new UsageError(`${capability} is not a capability's id; \`agentctl capability\` lists them (cap_…).`)
  }
  const operator = await context.operator()
  const schema = z.strictObject({ id: CapabilityId })
  const revoked = await operator.request('POST', '/v1/capabilities/revocation', { body: { capability }, schema })
  context.terminal.result(revoked, () => context.terminal.line(`Revoked ${revoked.id} and all that were made of it.`))
  return exitCodes.ok
}
