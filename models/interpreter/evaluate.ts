/**
 * Measures the shipped file on the held-out requests, through the engine as it runs in the product:
 *
 *     node --conditions=source models/interpreter/evaluate.ts [--json] [--wrong] [--file F.gguf] [--requests R.jsonl …]
 *
 * Independent hands meet on short wordings ("what failed"); a held-out request that equals a training wording is left out, so that
 * every figure is about sentences the model has not seen.
 *
 * Model figures (`rank`) say what the model reads before any gate; product figures (`interpret`) what a person would see.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { tools as agentdTools } from '../../packages/agentd/src/tools/index.ts'
import { describeTool, type ToolDescriptor } from '../../packages/contracts/src/index.ts'
import { normalise } from '../../packages/engine/src/interpreter/request.ts'
import { InterpreterModel } from '../../packages/engine/src/interpreter/model.ts'
import type { Outcome } from '../../packages/engine/src/interpreter/outcome.ts'

type Args = Readonly<Record<string, unknown>>

/** One line of a file in heldout/; `tool` is null where no tool serves the request. */
interface HeldOut {
  readonly text: string
  readonly tool: string | null
  readonly args?: Args
}

interface Measured {
  readonly request: HeldOut
  readonly read: { readonly tool: string | null; readonly args: Args; readonly probability: number }
  readonly rightTool: boolean
  readonly exact: boolean
  readonly amongThree: boolean
  readonly outcome: Outcome['kind']
  readonly acted: boolean
  readonly actedWrongly: boolean
  readonly ms: number
}

/** Hits of trials with Wilson's 95 % confidence interval. */
interface Figure {
  readonly hits: number
  readonly of: number
  readonly share: number
  readonly low: number
  readonly high: number
}

const here = (name: string): string => new URL(name, import.meta.url).pathname

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    wrong: { type: 'boolean', default: false },
    file: { type: 'string', default: here('castellan-interpreter.gguf') },
    requests: { type: 'string', multiple: true, default: [here('heldout/first-hand.jsonl'), here('heldout/second-hand.jsonl')] },
  },
})

const trained = trainedWordings(here('phrases'))
const written = options.requests
  .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line) as HeldOut)
const requests = written.filter(({ text }) => !trained.has(normalise(text.trim())))
const tools = agentdTools.map((tool) => describeTool(tool as never))
const model = await InterpreterModel.load(options.file, 1)
const measured: Measured[] = []
for (const request of requests) measured.push(await measure(model, tools, request))
const figures = summarise(measured, model.format.gate)
if (options.json) console.log(JSON.stringify(figures, null, 2))
else printFigures(figures)
if (options.wrong) printWrong(measured)
await model.dispose()

function trainedWordings(folder: string): ReadonlySet<string> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))
  const lines = files.flatMap((name) => readFileSync(`${folder}/${name}`, 'utf8').split('\n'))
  return new Set(lines.map((line) => normalise((line.split(' => ')[0] ?? '').trim())))
}

async function measure(model: InterpreterModel, tools: readonly ToolDescriptor[], request: HeldOut): Promise<Measured> {
  const { signal } = new AbortController()
  const started = performance.now()
  const outcome = await model.interpret([{ role: 'user', text: request.text }], tools, signal)
  const ms = performance.now() - started
  const ranked = await model.rank(request.text, tools, signal)
  const read = ranked[0] ?? { tool: null, args: {}, probability: 0 }
  const calls = outcome.kind === 'calls' ? outcome.calls : []
  const rightCall = calls.length === 1 && calls[0]?.name === request.tool && sameArgs(request, calls[0].args)
  return {
    request,
    read,
    rightTool: read.tool === request.tool,
    exact: read.tool === request.tool && sameArgs(request, read.args),
    amongThree: ranked.filter(({ tool }) => tool !== null).slice(0, 3).some(({ tool }) => tool === request.tool),
    outcome: outcome.kind,
    acted: calls.length > 0,
    actedWrongly: calls.length > 0 && !rightCall,
    ms,
  }
}

/** What the runtime completes by itself (the content of an empty note) is not held against the model. */
function sameArgs(request: HeldOut, got: Args): boolean {
  const wanted = request.args ?? {}
  const completed = Object.fromEntries(Object.entries(got).filter(([key, value]) => key in wanted || !isSupplied(request, key, value)))
  const keys = new Set([...Object.keys(wanted), ...Object.keys(completed)])
  return [...keys].every((key) => isDeepStrictEqual(spelled(key, wanted[key]), spelled(key, completed[key])))
}

function isSupplied(request: HeldOut, key: string, value: unknown): boolean {
  if (key === 'reason') return typeof value === 'string' && value.startsWith('asked for: ')
  if (key === 'source') return value === 'said in a conversation'
  return key === 'content' && request.tool === 'file_write'
}

/** "the last 2 hours" and "2 hours" are one time span; everything else counts letter for letter. */
function spelled(key: string, value: unknown): unknown {
  if (key !== 'since' || typeof value !== 'string') return value
  return value.toLowerCase().replace(/^(?:the\s+)?(?:(?:last|past)\s+)?/, '')
}

function summarise(all: readonly Measured[], gate: number) {
  const served = all.filter(({ request }) => request.tool !== null)
  const unserved = all.filter(({ request }) => request.tool === null)
  const sorted = all.map(({ ms }) => ms).sort((a, b) => a - b)
  const byTool = [...new Set(served.map(({ request }) => request.tool as string))].map((tool) => {
    const own = served.filter(({ request }) => request.tool === tool)
    return { tool, right: figure(own, (m) => m.rightTool), exact: figure(own, (m) => m.exact) }
  })
  return {
    requests: all.length,
    leftOut: written.length - all.length,
    gate,
    rightTool: figure(served, (m) => m.rightTool),
    exact: figure(served, (m) => m.exact),
    amongThree: figure(served, (m) => m.amongThree),
    actedRightly: figure(served, (m) => m.acted && !m.actedWrongly),
    actedWrongly: figure(all, (m) => m.actedWrongly),
    offered: figure(served, (m) => m.outcome === 'choices'),
    nothingCalled: figure(unserved, (m) => !m.acted),
    readAsNone: figure(unserved, (m) => m.rightTool),
    msMedian: percentile(sorted, 0.5),
    ms95: percentile(sorted, 0.95),
    worstTools: byTool.sort((a, b) => a.exact.share - b.exact.share).slice(0, 6),
  }
}

function figure(of: readonly Measured[], hit: (measured: Measured) => boolean): Figure {
  const n = of.length
  const hits = of.filter(hit).length
  if (n === 0) return { hits, of: n, share: 0, low: 0, high: 1 }
  // Wilson, 1927, with z = 1.96.
  const z2 = 1.96 ** 2
  const share = hits / n
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n)
  const half = (1.96 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n))
  return { hits, of: n, share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
}

function printFigures(figures: ReturnType<typeof summarise>): void {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
  const row = (label: string, { hits, of, share, low, high }: Figure): string =>
    `| ${label} | ${percent(share)} | ${percent(low)} – ${percent(high)} | ${hits} of ${of} |`
  console.log(`${figures.requests} held-out requests (${figures.leftOut} more equal a training wording), gate ${figures.gate.toFixed(2)}\n`)
  console.log('| figure | share | 95 % interval (Wilson) | count |\n| --- | --- | --- | --- |')
  console.log(row('right tool first', figures.rightTool))
  console.log(row('right tool among the three likeliest', figures.amongThree))
  console.log(row('exact call (tool and every argument)', figures.exact))
  console.log(row('acted, and rightly', figures.actedRightly))
  console.log(row('offered choices instead', figures.offered))
  console.log(row('acted on a wrong reading, of all requests', figures.actedWrongly))
  console.log(row('nothing called where no tool serves', figures.nothingCalled))
  console.log(`\nA decision takes ${figures.msMedian} ms (median), ${figures.ms95} ms (95 %) on one thread.\n`)
  console.log('| weakest tools | right tool | exact |\n| --- | --- | --- |')
  for (const { tool, right, exact } of figures.worstTools) {
    console.log(`| ${tool} | ${right.hits} of ${right.of} | ${exact.hits} of ${exact.of} |`)
  }
}

function printWrong(all: readonly Measured[]): void {
  for (const { request, read, exact, actedWrongly } of all) {
    if (exact && !actedWrongly) continue
    const wanted = `${request.tool} ${JSON.stringify(request.args ?? {})}`
    console.log(`${actedWrongly ? 'ACTED ' : ''}${read.probability.toFixed(2)} ${request.text} | ${wanted} | ${read.tool} ${JSON.stringify(read.args)}`)
  }
}
