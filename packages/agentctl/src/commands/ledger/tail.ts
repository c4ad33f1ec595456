import { LedgerPage, type LedgerRecord } from '@castellan/contracts'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { compactJson, localTime } from '../../describe.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printable } from '../../terminal.ts'

interface TailOptions {
  lines: string
  follow: boolean
  tool?: string
  type?: string
  session?: string
}

export function addLedgerTail(ledger: Command, { act }: Cli): void {
  ledger
    .command('tail')
    .option('-n, --lines <count>', 'how many entries, 1 to 1000', '20')
    .option('-f, --follow', 'go on printing entries as they come, until Ctrl-C', false)
    .option('--tool <name>', 'only entries of this tool')
    .option('--type <type>', 'only entries of this type: intent, outcome, approval_decided, …')
    .option('--session <id>', 'only entries of this session')
    .description('print the newest entries, newest last: intent and outcome of each call, approvals, starts and stops')
    .action(
      act(async (context, options: TailOptions) => {
        const count = Number(options.lines)
        if (!Number.isInteger(count) || count < 1 || count > 1000) {
          throw new UsageError(`--lines takes a whole number from 1 to 1000, not ${options.lines}.`)
        }
        let next = await printNewest(context, options, count, -1)
        while (options.follow) {
          await new Promise((resolve) => setTimeout(resolve, 500))
          next = await printNewest(context, options, 1000, next)
        }
        return exitCodes.ok
      }),
    )
}

/** Prints up to `count` entries above index `after`, oldest first, and answers the newest index seen. */
async function printNewest(context: Context, options: TailOptions, count: number, after: number): Promise<number> {
  const query = new URLSearchParams({ limit: String(count) })
  for (const key of ['tool', 'type', 'session'] as const) {
    const value = options[key]
    if (value !== undefined) query.set(key, value)
  }
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
  return `${number}  ${time}  ${entry.type.padEnd(18)} ${entry.actor.name.padEnd(10)} ${what}${outcome}${kept}`
}

function detail(entry: LedgerRecord['entry'], payload: LedgerRecord['payload']): string {
  if (payload?.args !== undefined && entry.type === 'intent') return compactJson(payload.args, 80)
  if (typeof payload?.summary === 'string') return printable(payload.summary).slice(0, 100)
  if (entry.intent !== undefined) return `of № ${entry.intent}`
  if (entry.target !== undefined) return `about № ${entry.target}`
  return ''
}
