import { CastellanError, type EngineModelFacts } from '@castellan/contracts'
import { listModels, ModelFile, useModel } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type ReadParts, readByTool } from '../../calls/read.ts'
import type { EngineModels } from '../../models/engine-models.ts'
import type { ModelKeeper } from '../../models/keeper.ts'
import { pageFrom, windowOf } from '../pages.ts'
import { serve } from '../serve.ts'

const Models = z.object({ truncated: z.boolean(), models: z.array(ModelFile) })
const ModelStatus = z.object({ model: ModelFile, present: z.boolean() })

export interface ModelParts extends ReadParts {
  readonly models: ModelKeeper
  readonly engineModels: Pick<EngineModels, 'doctor'>
}

/** Which model answers on this machine, and which could. Those that could are agentd's to say, by the tools that agents have. */
export function addModels(app: FastifyInstance, parts: ModelParts): void {
  serve(app, listModels, async ({ query, caller, signal }) => {
    const args = windowOf(query)
    const [loaded, { models, truncated }] = await Promise.all([
      loadedNow(parts.engineModels, signal),
      readByTool(parts, { tool: 'model_list', args, schema: Models, caller, signal }),
    ])
    const items = models.map((model) => ({ ...model, active: model.sha256 === loaded?.sha256 }))
    return { ...pageFrom(args.offset, items, truncated), loaded, chosen: parts.models.chosen }
  })

  serve(app, useModel, async ({ body: { id }, caller, signal }) => {
    const model = id === 'configured' ? null : await usable(id)
    const { model: facts, how } = await parts.models.use(model, caller.credential)
    const loaded = await loadedNow(parts.engineModels, signal)
    return { loaded: loaded ?? withMemory(facts, null), chosen: parts.models.chosen, how }

    async function usable(id: string) {
      const asked = { tool: 'model_status', args: { id }, schema: ModelStatus, caller, signal }
      const { model, present } = await readByTool(parts, asked)
      if (model.removed) {
        throw new CastellanError('conflict', `The model ${model.name} was taken out of use; undo that first.`)
      }
      if (model.format !== 'gguf') {
        throw new CastellanError('model_invalid', `${model.name} is no GGUF file, which is what the engine runs.`)
      }
      if (present) return model
      throw new CastellanError('not_found', `The file of the model ${model.name} is gone. Import it again.`)
    }
  })
}

async function loadedNow(engine: ModelParts['engineModels'], signal: AbortSignal) {
  const report = await engine.doctor(signal).catch(() => undefined)
  return report?.model == null ? null : withMemory(report.model, report.memory.need?.total ?? null)
}

function withMemory({ name, kind, digest, contextTokens, parameters }: EngineModelFacts, memory_bytes: number | null) {
  return { name, kind, sha256: digest, context_tokens: contextTokens, parameters, memory_bytes }
}
