/**
 * How well the shipped interpreter understands requests its makers' phrasings never saw. Runs the engine's own pipeline
 * (splitting, negation, decoding, values, gate) on models/interpreter/heldout/requests.jsonl.
 *
 *   node --conditions=source models/interpreter/evaluate.ts [--json] [--model FILE.gguf] [--requests FILE.jsonl] [--misses]
 *
 * Exit code 0 when it ran; the figures are for whoever reads them.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeTool, type ToolDescriptor } from '@castellan/contracts'
import { InterpreterModel } from '@castellan/engine'
import { tools } from '../../packages/agentd/src/tools/index.ts'
import { type Expected, type Given, judge, type Verdict } from './evaluation/judge.ts'
import { printReport, report } from './evaluation/report.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    misses: { type: 'boolean', default: false },
    model: { type: 'string', default: beside('castellan-interpreter.gguf') },
    requests: { type: 'string', default: beside('heldout/requests.jsonl') },
  },
})

const requests = readFileSync(options.requests, 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line) as Expected)
const descriptors: readonly ToolDescriptor[] = tools.map(describeTool)
const model = await InterpreterModel.load(options.model, 1)

const verdicts: Verdict[] = []
const signal = new AbortController().signal
for (const expected of requests) {
  const started = performance.now()
  const outcome = await model.interpret([{ role: 'user', text: expected.text }], descriptors, signal)
  const ranking = await model.rank(expected.text, descriptors, signal)
  const given: Given = { outcome, ranking, milliseconds: performance.now() - started }
  verdicts.push(judge(expected, given))
}
await model.dispose()

if (options.misses) {
  for (const verdict of verdicts.filter((one) => !one.exact)) process.stderr.write(`${JSON.stringify(verdict)}\n`)
}
const figures = report(verdicts)
if (options.json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
else printReport(figures)

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
