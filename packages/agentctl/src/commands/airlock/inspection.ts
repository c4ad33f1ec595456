import { randomBytes } from 'node:crypto'
import {
  CanaryChange,
  CanaryListing,
  CanaryRequest,
  describeIssues,
  EgressQuestionListing,
  EgressReleased,
  MarkKey,
} from '@castellan/contracts'
import { marksOf } from '@castellan/daemon'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import type { Cli } from '../../program.ts'
import { readSecret } from '../../secret-input.ts'
import { printable } from '../../terminal.ts'

/** `agentctl airlock questions`, `release` and `canary`: what the airlock held or is to look out for. */
export function addInspection(airlock: Command, act: Cli['act']): void {
  airlock.command('questions').description('list requests that are held until you let them go').action(act(questions))
  airlock
    .command('release')
    .argument('<question>', 'ask_…, as the list has it')
    .description('let exactly this request go, once, within ten minutes of its asking')
    .action(act(release))

  const canary = airlock
    .command('canary')
    .description('values that are planted to be seen: a request that holds one is refused, and an incident')
  canary.command('list', { isDefault: true }).description('list canaries by name').action(act(listCanaries))
  canary
    .command('add')
    .argument('<name>')
    .option(
      '--value-file <file>',
      'a private file with the value, or - for standard input (default: one is made and shown once)',
    )
    .description('plant a value; the airlock keeps marks of it, not the value')
    .action(act(plant))
  canary.command('remove').argument('<name>').description('look out for it no more').action(act(removeCanary))
}

async function questions(context: Context): Promise<number> {
  const airlock = await context.airlock()
  const listing = await airlock.request('GET', '/v1/questions', { schema: EgressQuestionListing })
  const { terminal } = context
  terminal.result(listing, () => {
    if (listing.questions.length === 0) return terminal.line('No request is held.')
    terminal.table(
      ['ID', 'REQUEST', 'FOR', 'FOUND', 'STATE', 'UNTIL'],
      listing.questions.map(({ id, method, host, port, purpose, found, state, expires_at }) => [
        id,
        `${method} ${host}:${port}`,
        purpose,
        printable(found.join(' ')),
        state,
        expires_at,
      ]),
    )
  })
  return exitCodes.ok
}

async function release(context: Context, id: string): Promise<number> {
  const airlock = await context.airlock()
  const path = `/v1/questions/${encodeURIComponent(id)}/release`
  const released = await airlock.request('POST', path, { schema: EgressReleased })
  const { question } = released
  context.terminal.result(released, () =>
    context.terminal.line(`The request to ${question.host} may be sent once more, until ${question.expires_at}.`),
  )
  return exitCodes.ok
}

async function listCanaries(context: Context): Promise<number> {
  const airlock = await context.airlock()
  const listing = await airlock.request('GET', '/v1/canaries', { schema: CanaryListing })
  const { terminal } = context
  terminal.result(listing, () => {
    if (listing.canaries.length === 0) return terminal.line('No canary is planted.')
    terminal.table(
      ['NAME', 'SINCE'],
      listing.canaries.map(({ name, added_at }) => [name, added_at]),
    )
  })
  return exitCodes.ok
}

async function plant(context: Context, name: string, { valueFile }: { readonly valueFile?: string }): Promise<number> {
  const made = valueFile === undefined ? randomBytes(36).toString('base64url') : undefined
  const value = made ?? (await readSecret(`the value of ${name}`, valueFile, '--value-file'))
  const airlock = await context.airlock()
  const { key } = await airlock.request('GET', '/v1/marks/key', { schema: MarkKey })
  const request = CanaryRequest.safeParse({ name, marks: marksOf(Buffer.from(key, 'base64'), value) })
  if (!request.success) {
    const why = request.error.issues.some(({ path }) => path[0] === 'marks')
      ? 'its value has fewer than 12 bytes, and would be found everywhere'
      : describeIssues(request.error)
    throw new UsageError(`This canary cannot be planted: ${why}.`)
  }
  const change = await airlock.request('POST', '/v1/canaries', { body: request.data, schema: CanaryChange })
  context.terminal.result({ ...change, ...(made === undefined ? {} : { value: made }) }, () => {
    context.terminal.line(`${name} is planted: a request that holds it is refused.`)
    if (made !== undefined) context.terminal.line(`Put this where nobody should take it from: ${made}`)
  })
  return exitCodes.ok
}

async function removeCanary(context: Context, name: string): Promise<number> {
  const airlock = await context.airlock()
  const path = `/v1/canaries/${encodeURIComponent(name)}`
  const change = await airlock.request('DELETE', path, { schema: CanaryChange })
  context.terminal.result(change, () => context.terminal.line(`${name} is looked out for no more.`))
  return exitCodes.ok
}
