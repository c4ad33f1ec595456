import { Readable } from 'node:stream'
import { errorFromEnvelope } from '@castellan/contracts'
import { createChatCompletion, createEmbedding, listOpenAiModels } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Embeddings } from '../../engines/embeddings.ts'
import type { AnswerEvent, Engine } from '../../engines/engine.ts'
import { serve } from '../serve.ts'
import { newHead, streamedAnswer, wholeAnswer } from './answer.ts'
import { embeddingsFor } from './embeddings.ts'
import { answerAsOpenAi } from './errors.ts'
import { engineRequest } from './request.ts'

/**
 * The model on this machine for whatever speaks OpenAI's protocol. It answers and asks for tools; nothing here runs one, so
 * the scope `chat` is enough. Source: OpenAI's API reference.
 */
export function addOpenAi(app: FastifyInstance, engine: Engine, embeddings: Embeddings): void {
  app.register(async (scope) => {
    answerAsOpenAi(scope)

    serve(scope, createChatCompletion, async ({ body, signal, reply }) => {
      const head = newHead((await modelName(engine, signal)) ?? body.model)
      const events = await begun(engine.complete(engineRequest(body), signal))
      if (body.stream !== true) return wholeAnswer(events, head)
      // Says to proxies what a stream is for.
      reply.header('x-accel-buffering', 'no')
      return Readable.from(streamedAnswer(events, head, body.stream_options?.include_usage === true))
    })

    serve(scope, listOpenAiModels, async ({ signal }) => {
      const name = await modelName(engine, signal)
      const model = { object: 'model' as const, created: 0, owned_by: 'castellan' }
      return { object: 'list' as const, data: name === undefined ? [] : [{ id: name, ...model }] }
    })

    serve(scope, createEmbedding, ({ body, signal }) => embeddingsFor(body, embeddings, signal))
  })
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
