import type { EngineEvent } from '@castellan/contracts'
import { EngineError } from '../error.ts'
import type { Model } from './model.ts'
import type { Completion, LoadOptions, WorkerCommand, WorkerReport } from './protocol.ts'

/**
 * The worker's whole program: loads one model when told to, then runs completions until the engine closes the channel. It
 * handles no errors of the native library, because those end the process; the engine sees to that.
 */
function serve(channel: NodeJS.Process): void {
  const cancellations = new Map<number, AbortController>()
  let model: Model | undefined
  const report = (message: WorkerReport): void => void channel.send?.(message)

  const run = async (id: number, request: Completion): Promise<void> => {
    const cancellation = new AbortController()
    cancellations.set(id, cancellation)
    const emit = (event: EngineEvent): void => {
      if (!cancellation.signal.aborted) report({ type: 'event', id, event })
    }
    try {
      await (model as Model).complete(request, cancellation.signal, emit)
    } catch (error) {
      emit({ type: 'error', error: asEngineError(error).toEnvelope() })
    } finally {
      cancellations.delete(id)
      report({ type: 'end', id })
    }
  }

  channel.on('message', async (command: WorkerCommand) => {
    if (command.type === 'complete') return await run(command.id, command.request)
    if (command.type === 'cancel') return cancellations.get(command.id)?.abort()
    try {
      model = await loadModel(command.options)
      report({ type: 'ready', contextTokens: model.contextTokens })
    } catch (error) {
      report({ type: 'failed', error: asEngineError(error).toEnvelope() })
    }
  })
  // The engine is gone, so nobody is left to work for.
  channel.once('disconnect', () => process.exit(0))
}

/** Each kind brings its own part of the library along, so only the one that is needed is imported. */
async function loadModel(options: LoadOptions): Promise<Model> {
  if (options.kind === 'interpreter') {
    const { InterpreterModel } = await import('../interpreter/model.ts')
    return await InterpreterModel.load(options.modelPath, options.slots)
  }
  const { ChatModel } = await import('../chat/model.ts')
  return await ChatModel.load(options)
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new EngineError('engine_unavailable', `The model failed: ${why}. Send the message once more.`)
}

serve(process)
