import { EngineDoctor, EngineEmbeddingState } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { bytes, plural } from '../describe.ts'
import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

const teach = `
Exits with 0 when the model answers, 1 when the engine says of a problem what to do about it, 3 when nothing answers.

Examples:
  agentctl engine doctor          what the engine runs on, what it needs, and what would be better
  agentctl engine doctor --json   the same for programs`

export function addEngine({ program, act }: Cli): void {
  const engine = program.command('engine').description('the engine of this machine, which runs the model')
  engine
    .command('doctor')
    .description('say what the engine uses and why: model, processor, memory, slots')
    .addHelpText('after', teach)
    .action(
      act(async (context) => {
        const socket = await context.engine()
        const [report, embeddings] = await Promise.all([
          socket.request('GET', '/v1/doctor', { schema: EngineDoctor }),
          socket.request('GET', '/v1/embeddings', { schema: EngineEmbeddingState }),
        ])
        context.terminal.result({ ...report, embeddings }, () => print(context, report, embeddings))
        const hasProblem = report.state === 'failed' || report.advice.some(({ level }) => level === 'problem')
        return hasProblem ? exitCodes.failed : exitCodes.ok
      }),
    )
}

function print({ terminal }: Context, report: EngineDoctor, embeddings: EngineEmbeddingState): void {
  const row = (title: string, ...parts: readonly (string | null)[]): void => {
    const told = parts.filter((part) => part !== null && part !== '').join(', ')
    terminal.line(`${terminal.paint('bold', title.padEnd(11))} ${printable(told)}`)
  }
  const { engine, model, compute, memory, slots, prefix } = report
  row('Engine', `${engine.name} ${engine.version}`, `${engine.backend} ${engine.backendVersion ?? ''}`.trim())
  row('State', report.state, report.loaded ? 'in memory' : 'not in memory', report.error?.message ?? null)
  if (model === null) row('Model', 'none')
  else {
    row('Model', model.name, model.kind, model.architecture, `${counted(model.parameters)} parameters`)
    row('', model.source, bytes(model.fileBytes))
    row('', `SHA-256 ${model.digest}`)
  }
  row('Computes on', compute.device ?? 'nothing yet', compute.why)
  const layers = compute.layers === 0 ? null : `${compute.layersOnGpu} of ${compute.layers} layers on the GPU`
  row(
    '',
    layers,
    `${plural(compute.threads, 'thread')} of ${plural(compute.cores, 'core')}`,
    compute.devices.join(', '),
  )
  if (memory.need !== null) {
    const { weights, kvCache, compute: working, overhead, total } = memory.need
    row('Needs', bytes(total))
    row(
      '',
      `weights ${bytes(weights)}`,
      `context ${bytes(kvCache)}`,
      `work ${bytes(working)}`,
      `rest ${bytes(overhead)}`,
    )
  }
  row('May take', bytes(memory.available), `limited by the ${memory.limit.by === 'cgroup' ? 'unit' : 'machine'}`)
  row('Takes', memory.resident === null ? 'nothing now' : bytes(memory.resident))
  if (memory.gpu !== null) row('GPU memory', `${bytes(memory.gpu.free)} free of ${bytes(memory.gpu.total)}`)
  row('Slots', `${slots.busy} of ${slots.total} busy`, `${slots.waiting} waiting`, `${slots.contextTokens} tokens each`)
  if (prefix.promptTokens > 0) {
    const share = Math.round((100 * prefix.reusedTokens) / prefix.promptTokens)
    row('Prompts', `${share} % of ${counted(prefix.promptTokens)} tokens were there already`)
  }
  row('Network', report.network === 'none' ? 'none' : 'that of the host')
  row('Embeddings', ...embeddingWords(embeddings))
  for (const { level, message } of report.advice) terminal.line(`${mark(terminal, level)} ${printable(message)}`)
}

function embeddingWords({ state, model, error }: EngineEmbeddingState): string[] {
  if (state === 'off') return ['no model is configured (embeddingModel)']
  const facts = model === null ? [] : [model.name, `${model.dimensions} dimensions`, `${model.contextTokens} tokens`]
  return [...facts, state === 'idle' ? 'not in memory' : state, ...(error === undefined ? [] : [error.message])]
}

function mark(terminal: Context['terminal'], level: EngineDoctor['advice'][number]['level']): string {
  if (level === 'ok') return terminal.paint('green', '✓')
  if (level === 'note') return terminal.paint('cyan', '·')
  return level === 'warning' ? terminal.paint('yellow', '!') : terminal.paint('red', '✗')
}

function counted(number: number): string {
  return number.toLocaleString('en')
}
