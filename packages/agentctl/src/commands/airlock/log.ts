import { type LedgerEntry, LedgerPage } from '@castellan/contracts'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { bytes, localTime } from '../../describe.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { printable } from '../../terminal.ts'

/** `agentctl airlock log`: what the ledger holds of the airlock, oldest first. */
export function addLog(airlock: Command, act: Cli['act']): void {
  airlock
    .command('log')
    .option('-n, --lines <number>', 'how many entries of the ledger to look at, at most 1000', '100')
    .description('what left, what was refused, and what changed, newest last')
    .action(act(log))
}

async function log(context: Context, options: { readonly lines: string }): Promise<number> {
  const limit = Number(options.lines)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new UsageError('--lines takes a number from 1 to 1000.')
  const agentd = await context.operator()
  const page = await agentd.request('GET', `/v1/ledger/entries?actor=airlock&limit=${limit}`, { schema: LedgerPage })
  const entries = page.records.map(({ entry }) => entry).reverse()
  const { terminal } = context
  if (terminal.json) {
    for (const entry of entries) terminal.line(JSON.stringify(entry))
    return exitCodes.ok
  }
  if (entries.length === 0) terminal.line('Nothing left, nothing was refused, nothing was changed.')
  const ends = new Map(entries.filter(isEnd).map((entry) => [entry.target, entry]))
  for (const entry of entries) {
    if (isEnd(entry)) continue
    terminal.line(printable(`#${entry.index}  ${localTime(entry.time)}  ${sentence(entry, ends.get(entry.index))}`))
  }
  return exitCodes.ok
}

function isEnd({ type }: LedgerEntry): boolean {
  return type === 'egress_ended' || type === 'egress_tunnel_closed'
}

function sentence({ type, facts = {}, code }: LedgerEntry, end: LedgerEntry | undefined): string {
  const at = `${facts.host}:${facts.port}`
  switch (type) {
    case 'egress_request':
      return `${facts.method} ${facts.scheme}://${at}  ${facts.purpose}${facts.redirect === undefined ? '' : ' (redirect)'}${looked(facts)}  ${outcome(end)}`
    case 'egress_tunnel_opened':
      return `tunnel to ${at}  ${facts.purpose}  ${outcome(end)}`
    case 'egress_tunnel_granted':
      return `${facts.purpose} was let through to ${facts.hosts} until ${facts.expires_at}`
    case 'egress_refused':
      return `refused (${code}): ${facts.method ?? 'tunnel'} ${facts.host ?? 'to an address'}  ${facts.purpose ?? ''}  ${facts.found ?? ''}`.trimEnd()
    case 'egress_released':
      return `let go by the operator: ${facts.question} to ${facts.host}, with ${facts.found}`
    case 'egress_secret_granted':
      return `secret ${facts.secret} is put into ${facts.header} for ${at}`
    case 'egress_secret_removed':
      return `secret ${facts.secret} was removed`
    case 'egress_canary_planted':
      return `canary ${facts.canary} was planted`
    case 'egress_canary_removed':
      return `canary ${facts.canary} was removed`
    case 'egress_allowed':
      return `allowed by the ${facts.from}: ${facts.scheme}://${at} at ${facts.reach} addresses`
    case 'egress_disallowed':
      return `taken off the list: ${facts.scheme}://${at}`
    case 'egress_shut':
      return `shut: ${facts.reason}`
    case 'egress_opened':
      return 'opened'
    default:
      return type
  }
}

function looked({ redacted, secrets, released }: NonNullable<LedgerEntry['facts']>): string {
  const words = [
    ...(redacted === undefined ? [] : [`without ${redacted}`]),
    ...(secrets === undefined ? [] : [`with secret ${secrets}`]),
    ...(released === undefined ? [] : [`let go as ${released}`]),
  ]
  return words.length === 0 ? '' : ` (${words.join(', ')})`
}

function outcome(end: LedgerEntry | undefined): string {
  if (end === undefined) return '→ under way, or cut short by an end of the airlock'
  const { facts = {}, ok, code, duration_ms = 0 } = end
  const status = facts.status === undefined ? [] : [`${facts.status}`]
  const why = ok === true ? [] : [code ?? 'failed']
  return `→ ${[...status, ...why, bytes(Number(facts.bytes ?? 0)), `${duration_ms} ms`].join(', ')}`
}
