import { canonicalJson, LedgerIndex, LedgerRecord } from '@castellan/contracts'
import { type Replay, replayDecision } from '@castellan/contracts/api'
import type { Context } from '../context.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { askGateway } from '../gateway.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

const teach = `
Asks the model on this machine again for what it decided, with the same prompt and seed, and compares the calls it asks for
and what the ledger has of the decision. Nothing is called.

Exits with 0 when it decides the same, 6 when it decides otherwise, 5 when it cannot be decided again on the same grounds:
the model is another one now, the prompt is no longer kept, or no model on this machine decided it. 1: there is no such call.

Examples:
  agentctl replay 116            the call whose intent, outcome or refusal is entry 116
  agentctl replay 116 --json`

export function addReplay({ program, act }: Cli): void {
  program
    .command('replay')
    .argument('<entry>', 'ledger number of the call, as `agentctl ledger tail` shows it')
    .description('decide a call once more, and say whether the model decides the same')
    .addHelpText('after', teach)
    .action(
      act(async (context, text: string) => {
        const index = LedgerIndex.safeParse(/^\d{1,15}$/.test(text) ? Number(text) : undefined)
        if (!index.success) throw new UsageError(`${printable(text)} is no ledger number; those count from 0.`)
        const replayed = await askGateway(context, replayDecision, { params: { index: index.data } })
        const result = heldToLedger(replayed, await entryOf(context, replayed.index))
        context.terminal.result(result, () => print(context, result))
        return EXITS[result.verdict]
      }),
    )
}

const EXITS = {
  same: exitCodes.ok,
  different: exitCodes.decidedOtherwise,
  impossible: exitCodes.notReplayable,
} as const

async function entryOf(context: Context, index: LedgerIndex): Promise<LedgerRecord> {
  const operator = await context.operator()
  return operator.request('GET', `/v1/ledger/entries/${index}`, { schema: LedgerRecord })
}

/**
 * The gateway replays what it kept. What the ledger has sealed of it, only the operator sees: the digest of the prompt and the
 * arguments. Where they are another's, the gateway kept something else than what was decided then.
 */
function heldToLedger(result: Replay, { payload }: LedgerRecord): Replay {
  const { recorded, replayed, before } = result
  if (recorded === null || replayed === null || payload === undefined) return result
  const call = before[recorded.position]
  const samePrompt = payload.prompt_digest === undefined || payload.prompt_digest === replayed.prompt_digest
  const sameCall = payload.args === undefined || canonicalJson(payload.args) === canonicalJson(call?.args ?? null)
  if (samePrompt && sameCall) return result
  const what = samePrompt ? 'arguments' : 'prompt'
  const message = `The ${what} that the gateway kept is not what the ledger has of this call, so the replay proves nothing.`
  return { ...result, verdict: 'impossible', reason: 'kept_mismatch', message }
}

const MARKS = { same: ['green', '✓'], different: ['red', '✗'], impossible: ['yellow', '?'] } as const

function print(
  { terminal }: Context,
  { index, tool, verdict, message, recorded, replayed, before, now }: Replay,
): void {
  const [colour, mark] = MARKS[verdict]
  terminal.line(`${terminal.paint(colour, mark)} № ${index} ${tool}: ${printable(message)}`)
  if (verdict === 'different') {
    for (const [title, calls] of [['then', before] as const, ['now', now] as const]) {
      const lines = calls.map(({ name, args }) => `${name} ${JSON.stringify(args)}`)
      terminal.line(`  ${title.padEnd(5)} ${printable(lines.join('\n        ') || 'no call')}`)
    }
  }
  if (recorded === null) return
  const { model_digest, grammar_digest, seed, engine } = recorded
  const facts = [
    `model ${model_digest.slice(0, 16)}`,
    ...(replayed === null ? [] : [`prompt ${replayed.prompt_digest.slice(0, 16)}`]),
    `grammar ${grammar_digest?.slice(0, 16) ?? 'none'}`,
    `seed ${seed}`,
    printable(engine),
  ]
  terminal.line(terminal.paint('dim', `  ${facts.join(' · ')}`))
}
