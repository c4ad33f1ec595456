import { open, rm } from 'node:fs/promises'
import { TokenId } from '@castellan/contracts'
import { createToken, listTokens, revokeToken, rotateToken, type Token, TokenScope } from '@castellan/contracts/api'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { askGateway } from '../gateway.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

const teach = `
A token lets a program speak to the gateway. What it may do, weakest first: read, chat, operate, admin; each includes those
before it. approve-never takes something away: such a token carries no decision about an approval. See docs/access.md.

Examples:
  agentctl token create "backup script" --scope operate --scope approve-never
  agentctl token create phone --scope chat --agent main --days 30 --out phone.token
  agentctl token list
  agentctl token revoke tok_Xk3…              in force at once, also for what is open
  agentctl token rotate tok_Xk3… --overlap 30
  agentctl token rotate owner                 replace the owner's own token, in its file`

/** `agentctl token`: what lets programs in. */
export function addToken({ program, act }: Cli): void {
  const token = program
    .command('token')
    .alias('tokens')
    .description('let programs speak to the gateway: make, list, revoke and rotate their tokens')
    .addHelpText('after', teach)
  token.command('list', { isDefault: true }).description('list them; no secret is shown').action(act(list))
  token
    .command('create')
    .argument('<name>', 'what it is for')
    .requiredOption('--scope <scope...>', `one or more of ${TokenScope.options.join(', ')}`)
    .option('--agent <name>', 'the one agent it may speak with')
    .option('--days <number>', 'how long it is good for', '90')
    .option('--out <file>', 'write the secret to this new file (mode 0600) instead of printing it')
    .description('make a token and show its secret, once')
    .action(act(create))
  token
    .command('revoke')
    .argument('<token>', 'its id, as `agentctl token list` lists it')
    .description('end a token at once, with everything that it opened')
    .action(act(revoke))
  token
    .command('rotate')
    .argument('<token>', "its id, or owner for the owner's own token")
    .option('--overlap <minutes>', 'how long the old secret stays good', '10')
    .option('--out <file>', 'write the new secret to this new file (mode 0600) instead of printing it')
    .description('give a token another secret')
    .action(act(rotate))
}

async function list(context: Context): Promise<number> {
  const { items } = await askGateway(context, listTokens, {})
  const { terminal } = context
  terminal.result(items, () => {
    if (items.length === 0) return terminal.line('There are no tokens but the owner’s. Make one: agentctl token create')
    terminal.table(['TOKEN', 'NAME', 'SCOPES', 'AGENT', 'STATE', 'EXPIRES', 'LAST USED'], items.map(row))
  })
  return exitCodes.ok
}

interface CreateOptions {
  readonly scope: readonly string[]
  readonly agent?: string
  readonly days: string
  readonly out?: string
}

async function create(context: Context, name: string, { scope, agent, days, out }: CreateOptions): Promise<number> {
  const scopes = scope.map((text) => {
    const known = TokenScope.safeParse(text)
    if (known.success) return known.data
    throw new UsageError(`--scope: ${text} is none of ${TokenScope.options.join(', ')}.`)
  })
  const body = { name, scopes, expires_in_days: numberOf(days, '--days'), ...(agent === undefined ? {} : { agent }) }
  const hand = await handOver(out)
  const { token, ...made } = await askGateway(context, createToken, { body: body as never }).catch(withdrawn(out))
  await hand(context, made, token, [`${made.token_id} is good until ${localTime(made.expires_at)}.`])
  return exitCodes.ok
}

async function revoke(context: Context, id: string): Promise<number> {
  const revoked = await askGateway(context, revokeToken, { params: { token_id: idOf(id) } })
  context.terminal.result(revoked, () => context.terminal.line(`Revoked ${id} (${printable(revoked.name)}).`))
  return exitCodes.ok
}

interface RotateOptions {
  readonly overlap: string
  readonly out?: string
}

async function rotate(context: Context, id: string, { overlap, out }: RotateOptions): Promise<number> {
  const token_id = id === 'owner' ? id : idOf(id)
  const body = { overlap_minutes: numberOf(overlap, '--overlap') }
  const hand = await handOver(out)
  const { token, ...rotated } = await askGateway(context, rotateToken, { params: { token_id }, body }).catch(
    withdrawn(out),
  )
  const until = `The old secret is good until ${localTime(rotated.old_valid_until)}.`
  if (token_id !== 'owner' || out !== undefined) {
    await hand(context, rotated, token, [until])
    return exitCodes.ok
  }
  // It has a file already, which agentd and this program read.
  const { tokenFile } = await context.instance()
  context.terminal.result({ ...rotated, token_file: tokenFile }, () => {
    context.terminal.line(`The owner's token in ${tokenFile} is another one now.`)
    context.terminal.note(until)
  })
  return exitCodes.ok
}

/** Where a secret goes: a new file, which has to be there before the secret is made, or the terminal. */
async function handOver(out: string | undefined) {
  const file =
    out === undefined
      ? undefined
      : await open(out, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
          throw new UsageError(`--out: ${out} cannot be made (${error.code}).`)
        })
  return async ({ terminal }: Context, facts: object, secret: string, notes: readonly string[]): Promise<void> => {
    await file?.writeFile(`${secret}\n`)
    await file?.close()
    terminal.result(out === undefined ? { ...facts, token: secret } : { ...facts, file: out }, () => {
      terminal.line(out === undefined ? secret : `The secret is in ${out}.`)
      for (const note of notes) terminal.note(note)
    })
  }
}

/** Takes the file away again where there is no secret to put into it. */
function withdrawn(out: string | undefined) {
  return async (error: unknown): Promise<never> => {
    if (out !== undefined) await rm(out, { force: true })
    throw error
  }
}

function row({ token_id, name, scopes, agent, state, expires_at, last_used_at }: Token): string[] {
  const used = last_used_at === null ? 'never' : localTime(last_used_at)
  return [token_id, printable(name), scopes.join(' '), agent ?? 'any', state, localTime(expires_at), used]
}

function numberOf(text: string, option: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new UsageError(`${option}: ${text} is not a number.`)
}

function idOf(text: string): TokenId {
  const id = TokenId.safeParse(text)
  if (id.success) return id.data
  throw new UsageError('That is no id of a token; `agentctl token list` lists them (tok_…). Never put a secret here.')
}
