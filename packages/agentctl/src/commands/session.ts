import { ModeSetting, SessionId, SessionListing, type TaintClearing } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'

const teach = `
Modes: observe (reads only), assist (changes ask), operate (what can be taken back runs, the rest asks),
sensitive (no network, small budgets).

A label says what a session has taken in: untrusted-text (words that somebody else may have chosen) or secret. It stays
until you take it off, because the model behind the session has read it and cannot be made to forget.`

/** `agentctl session`: who works here, in which mode, and what they have read. */
export function addSession({ program, act }: Cli): void {
  const session = program
    .command('session')
    .description('the sessions of agents: modes and labels')
    .addHelpText('after', teach)
  session
    .command('list', { isDefault: true })
    .description('list the sessions, the one used last first')
    .action(act(list))
  session
    .command('mode')
    .argument('<for>', 'all, agent:NAME or session:ses_…')
    .argument('<mode>', 'observe, assist, operate or sensitive')
    .description('set how freely agents act')
    .action(act(setMode))
  session
    .command('clear')
    .argument('[session]', 'an opened session; what all plain ones share without it')
    .requiredOption('--reason <text>', 'why what was read is harmless; it goes on record')
    .option('--files', 'forget as well which files were written by sessions with labels')
    .description('take the labels off')
    .action(act(clear))
}

async function list(context: Context): Promise<number> {
  const operator = await context.operator()
  const listing = await operator.request('GET', '/v1/sessions', { schema: SessionListing })
  context.terminal.result(listing, () => print(context, listing))
  return exitCodes.ok
}

export async function setMode(context: Context, whose: string, mode: string): Promise<number> {
  const body = ModeSetting.safeParse({ for: whose, mode })
  if (!body.success) {
    throw new UsageError(
      'Say for whom and which mode: agentctl session mode all observe; agentctl session mode agent:main operate.',
    )
  }
  const operator = await context.operator()
  const listing = await operator.request('POST', '/v1/sessions/mode', { body: body.data, schema: SessionListing })
  context.terminal.result(listing, () => context.terminal.line(`The mode for ${whose} is ${mode}.`))
  return exitCodes.ok
}

async function clear(
  context: Context,
  session: string | undefined,
  options: { reason: string; files?: boolean },
): Promise<number> {
  const id = session === undefined ? undefined : SessionId.safeParse(session)
  if (id?.success === false)
    throw new UsageError(`${session} is no session's id; \`agentctl session list\` shows them (ses_…).`)
  const body: TaintClearing = {
    reason: options.reason,
    files: options.files === true,
    ...(id === undefined ? {} : { session: id.data }),
  }
  const operator = await context.operator()
  const listing = await operator.request('POST', '/v1/sessions/taint', { body, schema: SessionListing })
  const whose = session ?? 'all plain sessions'
  context.terminal.result(listing, () => context.terminal.line(`Took the labels off ${whose}.`))
  return exitCodes.ok
}

function print({ terminal }: Context, { mode, common, sessions }: SessionListing): void {
  terminal.line(`Mode where nothing else is set: ${mode}. Plain sessions carry: ${common.join(', ') || 'nothing'}.`)
  if (sessions.length === 0) return
  terminal.table(
    ['SESSION', 'AGENT', 'KIND', 'MODE', 'LABELS', 'LAST USED'],
    sessions.map((one) => [
      one.session,
      one.agent,
      one.kind,
      one.mode,
      one.taint.join(',') || '-',
      localTime(one.last_at),
    ]),
  )
}
