import { fileURLToPath } from 'node:url'
import { describeTool, type ToolDescriptor } from '@castellan/contracts'
import { tools } from '../../packages/agentd/src/tools/index.ts'
import { InterpreterModel } from '../../packages/engine/src/index.ts'
import type { Report } from '../../scripts/bench/report.ts'
import { ask, loadedEngine, median, residentMb } from './ask.ts'

const INTERPRETER = fileURLToPath(new URL('../../models/interpreter/castellan-interpreter.gguf', import.meta.url))
const LOADS = 5
const DECISIONS = 200

const REQUESTS = [
  'how full are my disks?',
  'which services failed?',
  'show me the last 20 errors of nginx since this morning',
  'what is listening on port 443',
  'write "call the plumber" to notes.txt',
  'in /etc/app.conf replace debug=true with debug=false',
  'is postgresql up and show me its log',
  'tell me a story about a castle',
]

/** What the model that ships with Castellan takes, on one core. */
export async function reportInterpreter(report: Report): Promise<void> {
  const loads: number[] = []
  for (let round = 0; round <= LOADS; round++) {
    const started = performance.now()
    const model = await InterpreterModel.load(INTERPRETER, 2)
    loads.push(performance.now() - started)
    await model.dispose()
  }
  report({ name: 'built-in model: load, with llama.cpp', value: median(loads.slice(1)), unit: 'ms', goal: 'under 300' })

  const engine = await loadedEngine(INTERPRETER)
  const descriptors: readonly ToolDescriptor[] = tools.map(describeTool)
  const times: number[] = []
  for (let index = 0; index < DECISIONS; index++) {
    const text = REQUESTS[index % REQUESTS.length] as string
    const started = performance.now()
    await ask(engine, { messages: [{ role: 'user', text }], tools: [...descriptors] })
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(share * times.length)] as number
  report({ name: 'built-in model: a request decided, p50', value: at(0.5), unit: 'ms', goal: 'under 100' })
  report({ name: 'built-in model: a request decided, p95', value: at(0.95), unit: 'ms', goal: 'under 100' })
  report({ name: 'built-in model: resident memory', value: residentMb(engine), unit: 'MB', goal: 'under 200' })
  await engine.stop()
}
