import { LedgerPage, type LedgerRecord } from '@castellan/contracts'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { compactJson, localTime } from '../../describe.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printable } from '../../terminal.ts'

const help = `
Everything is searched but what is secret: --text finds words in types, names, tools, ids, codes, facts and the one-line
summaries of calls, every word of it, the last one also cut short. Arguments and results are not searched.
Times are like 2026-01-31, 2026-01-31T08:00 (local time), or so long ago: 90m, 12h, 7d.

Examples:
  agentctl ledger tail --tool service_restart --since 7d
  agentctl ledger tail --outcome failed --text 'nginx'
  agentctl ledger tail --actor operator --since 2026-01-01 --until 2026-02-01 -n 1000`

interface TailOptions {
  lines: string
  follow: boolean
  notable: boolean
  tool?: string
  type?: string
  session?: string
  actor?: string
  call?: string
  outcome?: string
  since?: string
  until?: string
  text?: string
}

export function addLedgerTail(ledger: Command, { act }: Cli): void {
  ledger
    .command('tail')
    .option('-n, --lines <count>', 'how many entries, 1 to 1000', '20')
    .option('-f, --follow', 'go on printing entries as they come, until Ctrl-C', false)
    .option('--tool <name>', 'only entries of this tool')
    .option('--type <type>', 'only entries of this type: intent, outcome, approval_decided, …')
    .option('--session <id>', 'only entries of this session')
    .option('--actor <name>', 'only entries of this agent, operator or system part')
    .option('--call <id>', 'only entries of this call')
    .option('--outcome <how>', 'only entries that say how it went: ok or failed')
    .option('--notable', 'only what changed something, went wrong or was a person’s word', false)
    .option('--since <time>', 'only entries from then on')
    .option('--until <time>', 'only entries up to then')
    .option('--text <words>', 'only entries with these words in what is not secret')
    .description('print the newest entries, newest last: intent and outcome of each call, approvals, starts and stops')
    .addHelpText('after', help)
    .action(
      act(async (context, options: TailOptions) => {
        const count = Number(options.lines)
        if (!Number.isInteger(count) || count < 1 || count > 1000) {
          throw new UsageError(`--lines takes a whole number from 1 to 1000, not ${options.lines}.`)
        }
        const filter = filterOf(options, Date.now())
        let next = await printNewest(context, filter, count, -1)
        while (options.follow) {
          await new Promise((resolve) => setTimeout(resolve, 500))
          next = await printNewest(context, filter, 1000, next)
        }
        return exitCodes.ok
      }),
    )
}

/** The options as `LedgerQuery` takes them. */
function filterOf(options: TailOptions, now: number): URLSearchParams {
  const { tool, type, session, actor, call, outcome, since, until, text } = options
  if (outcome !== undefined && outcome !== 'ok' && outcome !== 'failed')
    throw new UsageError(`--outcome is ok or failed, not ${outcome}.`)
  const query = new URLSearchParams()
  const fields = { tool, type, session, actor, call_id: call, text }
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) query.set(key, value)
  if (options.notable) query.set('notable', 'true')
  if (outcome !== undefined) query.set('ok', String(outcome === 'ok'))
  if (since !== undefined) query.set('since', String(pointInTime('--since', since, now)))
  if (until !== undefined) query.set('until', String(pointInTime('--until', until, now)))
  return query
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds since 1970 for a date, a date with time (local where it names no zone), or so long before `now`. */
function pointInTime(option: string, text: string, now: number): number {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (amount !== undefined) return Math.max(0, now - Number(amount) * UNITS[unit as keyof typeof UNITS])
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00`).getTime() : new Date(text).getTime()
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && time >= 0) return time
  throw new UsageError(`${option} takes a time like 2026-01-31T08:00, or 90m, 12h or 7d ago, not ${text}.`)
}

/** Prints up to `count` entries above index `after`, oldest first, and answers the newest index seen. */
async function printNewest(context: Context, filter: URLSearchParams, count: number, after: number): Promise<number> {
  const query = new URLSearchParams(filter)
  query.set('limit', String(count))
  const operator = await context.operator()
  const { records } = await operator.request('GET', `/v1/ledger/entries?${query}`, { schema: LedgerPage })
  const fresh = records.filter((record) => record.entry.index > after).toReversed()
  for (const record of fresh) context.terminal.result(record, () => context.terminal.line(entryLine(context, record)))
  return fresh.at(-1)?.entry.index ?? after
}

/** One entry on one line: number, time, type, who, what, and how it went. */
function entryLine({ terminal }: Context, { entry, payload, payload_state }: LedgerRecord): string {
  const number = terminal.paint('bold', String(entry.index).padStart(6))
  const time = terminal.paint('dim', localTime(entry.time))
  const what = [entry.tool ?? '', detail(entry, payload)].filter(Boolean).join(' ')
  const outcome =
    entry.ok === undefined
      ? ''
      : entry.ok
        ? terminal.paint('green', ' ok')
        : terminal.paint('red', ` ${entry.code ?? 'failed'}`)
  const kept =
    payload_state === 'erased' || payload_state === 'pruned' ? terminal.paint('dim', ` (payload ${payload_state})`) : ''
  return `${number}  ${time}  ${entry.type.padEnd(22)} ${entry.actor.name.padEnd(10)} ${what}${outcome}${kept}`
}

function detail(entry: LedgerRecord['entry'], payload: LedgerRecord['payload']): string {
  if (payload?.args !== undefined && entry.type === 'intent') return compactJson(payload.args, 80)
  if (typeof payload?.summary === 'string') return printable(payload.summary).slice(0, 100)
  if (entry.intent !== undefined) return `of № ${entry.intent}`
  if (entry.target !== undefined) return `about № ${entry.target}`
  return printable(factsOf(entry)).slice(0, 100)
}

/** The public facts in a few words; digests tell people nothing, `agentctl ledger show` has them. */
function factsOf({ facts = {} }: LedgerRecord['entry']): string {
  return Object.entries(facts)
    .filter(([name, value]) => name !== 'event' && !/^[0-9a-f]{32,}$/.test(String(value)))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
