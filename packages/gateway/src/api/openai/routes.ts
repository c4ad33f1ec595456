import { Readable } from 'node:stream'
import { CastellanError, errorFromEnvelope } from '@castellan/contracts'
import { createChatCompletion, createEmbedding, getOpenAiModel, listOpenAiModels } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { FreezeWatch } from '../../emergency/freeze-watch.ts'
import type { Embeddings } from '../../engines/embeddings.ts'
import type { AnswerEvent, Engine, ModelRequest } from '../../engines/engine.ts'
import { serve } from '../serve.ts'
import { newHead, streamedAnswer, wholeAnswer } from './answer.ts'
import { demanded, demandOf } from './demand.ts'
import { embeddingsFor } from './embeddings.ts'
import { answerAsOpenAi } from './errors.ts'
import { ToolNames } from './names.ts'
import { engineRequest } from './request.ts'

/**
 * The model on this machine for whatever speaks OpenAI's protocol. It answers and asks for tools; nothing here runs one, so
 * the scope `chat` is enough. Source: OpenAI's API reference.
 */
export function addOpenAi(
  app: FastifyInstance,
  { engine, embeddings, freezeWatch }: { engine: Engine; embeddings: Embeddings; freezeWatch: FreezeWatch },
): void {
  app.register(async (scope) => {
    answerAsOpenAi(scope)

    serve(scope, createChatCompletion, async ({ body, signal, reply }) => {
      // The engine is stopped in an emergency, and that it does not answer would be half of the reason.
      freezeWatch.refuseIfFrozen()
      const names = new ToolNames((body.tools ?? []).map(({ function: { name } }) => name))
      const request = engineRequest(body, names)
      const demand = demandOf(body)
      const ask = (request: ModelRequest) => engine.complete(request, signal)
      const head = newHead((await modelName(engine, signal)) ?? body.model, names)
      const events = await begun(demand === undefined ? ask(request) : demanded(ask, request, demand))
      if (body.stream !== true) return wholeAnswer(events, head)
      // Says to proxies what a stream is for.
      reply.header('x-accel-buffering', 'no')
      return Readable.from(streamedAnswer(events, head, body.stream_options?.include_usage === true))
    })

    serve(scope, listOpenAiModels, async ({ signal }) => {
      const name = await modelName(engine, signal)
      return { object: 'list' as const, data: name === undefined ? [] : [modelCalled(name)] }
    })

    serve(scope, getOpenAiModel, async ({ params, signal }) => {
      const name = await modelName(engine, signal)
      if (params.model === name) return modelCalled(name)
      const instead = name === undefined ? 'none is loaded' : `${name} is`
      throw new CastellanError(
        'not_found',
        `There is no model ${params.model} here; ${instead}, and GET /v1/models lists it.`,
      )
    })

    serve(scope, createEmbedding, ({ body, signal }) => embeddingsFor(body, embeddings, signal))
  })
}

function modelCalled(id: string) {
  return { id, object: 'model' as const, created: 0, owned_by: 'castellan' }
}

async function modelName(engine: Engine, signal: AbortSignal): Promise<string | undefined> {
  const { model } = await engine.health(signal)
  return model?.name
}

/** The events of an answer whose first has come: what fails before it is an ordinary refusal, with its status. */
async function begun(events: AsyncIterable<AnswerEvent>): Promise<AsyncIterable<AnswerEvent>> {
  const iterator = events[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done !== true && first.value.type === 'error') throw errorFromEnvelope(first.value.error)
  return (async function* () {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value
    } finally {
      // Whoever stops reading frees the engine.
      await iterator.return?.()
    }
  })()
}
