import { EngineError } from '../error.ts'
import type { EmbeddingModel } from './model.ts'
import type { EmbeddingCommand, EmbeddingReport } from './protocol.ts'

/** The program of the process that holds the embedding model: loads it when told to, then makes vectors until the channel closes. */
function serve(channel: NodeJS.Process): void {
  const cancelled = new Set<number>()
  let model: EmbeddingModel | undefined
  const report = (message: EmbeddingReport): void => void channel.send?.(message)

  const embed = async ({ id, inputs, truncate }: Extract<EmbeddingCommand, { type: 'embed' }>): Promise<void> => {
    try {
      for (const [position, input] of inputs.entries()) {
        if (cancelled.has(id)) break
        report({ type: 'embedded', id, embedded: await (model as EmbeddingModel).embed(input, position, truncate) })
      }
      report({ type: 'end', id })
    } catch (error) {
      report({ type: 'end', id, error: asEngineError(error).toEnvelope() })
    } finally {
      cancelled.delete(id)
    }
  }

  channel.on('message', async (command: EmbeddingCommand) => {
    if (command.type === 'embed') return await embed(command)
    if (command.type === 'cancel') return void cancelled.add(command.id)
    try {
      const { EmbeddingModel } = await import('./model.ts')
      model = await EmbeddingModel.load(command.options)
      const { dimensions, contextTokens } = model
      report({ type: 'ready', dimensions, contextTokens })
    } catch (error) {
      report({ type: 'failed', error: asEngineError(error).toEnvelope() })
    }
  })
  channel.once('disconnect', () => process.exit(0))
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new EngineError('engine_unavailable', `The embedding model failed: ${why}. Send the texts once more.`)
}

serve(process)
