import { SkillDecided, SkillListing, SkillText } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

/** `agentctl skill`: written ways to go about a task, and those that an agent proposes. */
export function addSkill({ program, act }: Cli): void {
  const skill = program.command('skill').description('written ways to go about a task, and proposals for more')
  skill
    .command('list', { isDefault: true })
    .description('list skills, proposals that wait for you, and files that are refused')
    .action(act(list))
  skill.command('show').argument('<name>').description('print a skill, or a proposal that waits').action(act(show))
  skill
    .command('accept')
    .argument('<name>')
    .description('make a skill of a proposal; read it first')
    .action(act((context, name: string) => decide(context, name, 'accept')))
  skill
    .command('reject')
    .argument('<name>')
    .description('drop a proposal, or one that was accepted')
    .action(act((context, name: string) => decide(context, name, 'reject')))
}

async function list(context: Context): Promise<number> {
  const { terminal } = context
  const listing = await (await context.operator()).request('GET', '/v1/skills', { schema: SkillListing })
  terminal.result(listing, () => {
    terminal.table(
      ['SKILL', 'FROM', 'WHAT FOR'],
      listing.skills.map(({ name, origin, description }) => [name, origin, printable(description)]),
    )
    const pending = listing.proposals.filter(({ state }) => state === 'pending')
    if (pending.length > 0) {
      terminal.line('')
      terminal.table(
        ['PROPOSED', 'BY', 'AT', 'SEEN', 'OUT OF'],
        pending.map(({ name, proposed_by, proposed_at, times, tools }) => [
          name,
          printable(proposed_by),
          localTime(proposed_at),
          `${times}×`,
          tools.join(' → '),
        ]),
      )
      terminal.line('`agentctl skill show NAME`, then `accept` or `reject`.')
    }
    for (const { where, reason } of listing.refused) terminal.line(`Refused: ${printable(where)}: ${printable(reason)}`)
  })
  return exitCodes.ok
}

/** A proposal that waits goes before a skill of that name: it is the one that has to be read. */
async function show(context: Context, name: string): Promise<number> {
  const { terminal } = context
  const operator = await context.operator()
  const { proposals } = await operator.request('GET', '/v1/skills', { schema: SkillListing })
  const pending = proposals.find((proposal) => proposal.name === name && proposal.state === 'pending')
  if (pending === undefined) {
    const skill = await operator.request('GET', `/v1/skills/${encodeURIComponent(name)}`, { schema: SkillText })
    terminal.result(skill, () => print(context, skill.text))
    return exitCodes.ok
  }
  terminal.result(pending, () => {
    print(context, pending.text)
    const { proposed_by, proposed_at, labels } = pending
    const taken = labels.length === 0 ? '' : `, in a session that had taken in ${labels.join(' and ')}`
    terminal.line(`Proposed by ${printable(proposed_by)} at ${localTime(proposed_at)}${taken}. It is no skill yet.`)
  })
  return exitCodes.ok
}

async function decide(context: Context, name: string, verdict: 'accept' | 'reject'): Promise<number> {
  const operator = await context.operator()
  const path = `/v1/skills/${encodeURIComponent(name)}/decision`
  const decided = await operator.request('POST', path, { body: { verdict }, schema: SkillDecided })
  const what = verdict === 'accept' ? 'is a skill from now on' : 'is dropped'
  context.terminal.result(decided, () => context.terminal.line(`${name} ${what} (ledger number ${decided.index}).`))
  return exitCodes.ok
}

/** Line by line, because a line may hold what a terminal would obey. */
function print({ terminal }: Context, text: string): void {
  for (const line of text.split('\n')) terminal.line(printable(line))
}
