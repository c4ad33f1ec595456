import { type CallOutcome, CastellanError, errorFromEnvelope } from '@castellan/contracts'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'
import { conclude, operate } from './switch/operate.ts'

const teach = `
Examples:
  agentctl memory                                what agents remember, newest first
  agentctl memory recall "backup of the nas"     what they would find
  agentctl memory edit 12 "The NAS is in the attic."
  agentctl memory forget 12                      for good
  agentctl memory export > memory.ndjson         all of it, one JSON object a line`

const Fact = z.object({
  id: z.number(),
  text: z.string(),
  source: z.string(),
  tags: z.array(z.string()),
  confidence: z.number(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  by: z.string(),
  labels: z.array(z.string()),
})
type Fact = z.infer<typeof Fact>

const Page = z.object({ facts: z.array(Fact), nextBefore: z.number().nullable() })
const PAGE = 500

/** `agentctl memory`: what agents remember from one conversation to the next, for its owner to see and correct. */
export function addMemory({ program, act }: Cli): void {
  const memory = program
    .command('memory')
    .description('what agents remember: look, correct, forget, export')
    .addHelpText('after', teach)
  memory
    .command('list', { isDefault: true })
    .option('--tag <tag...>', 'only facts with all of these tags', [])
    .description('list what is remembered, newest first')
    .action(act(list))
  memory
    .command('recall')
    .argument('<words...>', 'what it is about')
    .description('show what an agent would find')
    .action(act(recall))
  memory
    .command('edit')
    .argument('<number>', 'the fact, as list shows it', numberOf)
    .argument('<text>', 'what it says from now on')
    .description('correct a fact; undo puts back what it was')
    .action(act(edit))
  memory
    .command('forget')
    .argument('<number>', 'the fact, as list shows it', numberOf)
    .description('forget a fact for good')
    .action(
      act(async (context: Context, id: number) => conclude(context, await operate(context, 'memory_forget', { id }))),
    )
  memory.command('export').description('print every fact as JSON, one a line').action(act(exportAll))
}

async function list(context: Context, { tag }: { tag: string[] }): Promise<number> {
  const facts = await gather(all(context, tag))
  context.terminal.result(facts, () => print(context, facts))
  return exitCodes.ok
}

async function recall(context: Context, words: string[]): Promise<number> {
  const result = resultOf(await operate(context, 'memory_recall', { about: words.join(' '), limit: 20 }))
  const { facts } = z.object({ facts: z.array(Fact) }).parse(result)
  context.terminal.result(facts, () => print(context, facts))
  return exitCodes.ok
}

async function edit(context: Context, id: number, text: string): Promise<number> {
  const fact = (await gather(all(context, []))).find((candidate) => candidate.id === id)
  if (fact === undefined) throw new CastellanError('not_found', `Nothing is remembered as number ${id}.`)
  const { tags, confidence, expiresAt } = fact
  const expires = expiresAt === null ? {} : { expiresInDays: (Date.parse(expiresAt) - Date.now()) / 86_400_000 }
  const args = { id, text, source: 'the operator', tags, confidence, ...expires }
  return conclude(context, await operate(context, 'memory_store', args))
}

async function exportAll(context: Context): Promise<number> {
  for await (const fact of all(context, [])) context.terminal.line(JSON.stringify(fact))
  return exitCodes.ok
}

async function* all(context: Context, tags: readonly string[]): AsyncGenerator<Fact> {
  for (let before: number | undefined; ; ) {
    const args = { tags, limit: PAGE, ...(before === undefined ? {} : { before }) }
    const { facts, nextBefore } = Page.parse(resultOf(await operate(context, 'memory_list', args)))
    yield* facts
    if (nextBefore === null) return
    before = nextBefore
  }
}

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = []
  for await (const item of items) gathered.push(item)
  return gathered
}

function print({ terminal }: Context, facts: readonly Fact[]): void {
  if (facts.length === 0) {
    terminal.line('Nothing is remembered.')
    return
  }
  terminal.table(
    ['NO', 'STORED', 'BY', 'SURE', 'FROM', 'FACT'],
    facts.map(({ id, createdAt, by, confidence, source, text }) => [
      String(id),
      localTime(createdAt),
      by,
      `${Math.round(confidence * 100)} %`,
      printable(source).slice(0, 30),
      printable(text),
    ]),
  )
}

function resultOf({ ok, result, error, summary }: CallOutcome): unknown {
  if (ok) return result
  throw error === undefined ? new CastellanError('internal', summary) : errorFromEnvelope(error)
}

function numberOf(text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw new UsageError(`${JSON.stringify(text)} is no number of a fact. \`agentctl memory\` shows them.`)
}
