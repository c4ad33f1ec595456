import { EngineError } from '../error.ts'
import type { Model } from './model.ts'
import type { LoadOptions, ModelEvent, SeededCompletion, WorkerCommand, WorkerReport } from './protocol.ts'

/** Signs of life are worth a message only so often. In milliseconds. */
const ALIVE_EVERY_MS = 1000
/** Completions after which what the library has left behind is collected, once nobody waits. */
const COLLECT_EVERY = 32

/**
 * The worker's whole program: loads one model when told to, then runs completions until the engine closes the channel. It
 * handles no errors of the native library, because those end the process; the engine sees to that.
 */
function serve(channel: NodeJS.Process): void {
  const cancellations = new Map<number, AbortController>()
  const toolLists = new Map<string, SeededCompletion['tools']>()
  let model: Model | undefined
  let spokeAt = 0
  const report = (message: WorkerReport): void => {
    spokeAt = performance.now()
    channel.send?.(message)
  }
  const alive = (): void => {
    if (performance.now() - spokeAt > ALIVE_EVERY_MS) report({ type: 'alive' })
  }

  let uncollected = 0
  const collectNowAndThen = (): void => {
    uncollected++
    if (uncollected < COLLECT_EVERY || cancellations.size > 0) return
    uncollected = 0
    void globalThis.gc?.({ type: 'major', execution: 'async' })
  }

  const run = async (id: number, request: SeededCompletion): Promise<void> => {
    const cancellation = new AbortController()
    cancellations.set(id, cancellation)
    const { signal } = cancellation
    const emit = (event: ModelEvent): void => {
      if (!signal.aborted) report({ type: 'event', id, event })
    }
    const loaded = model as Model
    try {
      await loaded.complete(request, signal, emit, alive)
    } catch (error) {
      emit({ type: 'error', error: asEngineError(error).toEnvelope() })
    } finally {
      cancellations.delete(id)
      report({ type: 'end', id, prefix: loaded.prefixTotals })
      collectNowAndThen()
    }
  }

  channel.on('message', async (command: WorkerCommand) => {
    if (command.type === 'complete') {
      const tools = toolLists.get(command.toolsKey) ?? []
      return await run(command.id, { ...command.request, tools })
    }
    if (command.type === 'cancel') return cancellations.get(command.id)?.abort()
    if (command.type === 'tools') return void toolLists.set(command.key, command.tools)
    if (command.type === 'forget-tools') return void toolLists.delete(command.key)
    try {
      model = await loadModel(command.options, alive)
      report({ type: 'ready', loaded: model.loaded })
    } catch (error) {
      report({ type: 'failed', error: asEngineError(error).toEnvelope() })
    }
  })
  // The engine is gone, so nobody is left to work for.
  channel.once('disconnect', () => process.exit(0))
}

/** Each kind brings its own part of the library along, so only the one that is needed is imported. */
async function loadModel(options: LoadOptions, alive: () => void): Promise<Model> {
  if (options.kind === 'interpreter') {
    const { InterpreterModel } = await import('../interpreter/model.ts')
    return await InterpreterModel.load(options.modelPath, options.slots)
  }
  const { ChatModel } = await import('../chat/model.ts')
  return await ChatModel.load(options, alive)
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new EngineError('engine_unavailable', `The model failed: ${why}. Send the message once more.`)
}

serve(process)
