import { CastellanError, type EngineEmbeddings } from '@castellan/contracts'
import type { EmbeddingBody, EmbeddingList } from '@castellan/contracts/api'
import { vectorOf } from '@castellan/daemon'
import type { Embeddings } from '../../engines/embeddings.ts'

/**
 * Vectors of texts in OpenAI's shape. Throws `invalid_request` for other dimensions than the model has: a vector that is merely cut
 * off would look like one and mean something else.
 */
export async function embeddingsFor(
  { input, encoding_format = 'float', dimensions }: EmbeddingBody,
  embeddings: Embeddings,
  signal: AbortSignal,
): Promise<EmbeddingList> {
  const inputs = typeof input === 'string' ? [input] : input
  const answer = await embeddings.embed({ inputs }, signal)
  const { name, dimensions: made } = answer.model
  if (dimensions !== undefined && dimensions !== made) {
    throw new CastellanError(
      'invalid_request',
      `The model ${name} makes vectors of ${made} dimensions and no others. Ask without \`dimensions\`, or for ${made}.`,
    )
  }
  const tokens = answer.vectors.reduce((sum, { tokens }) => sum + tokens, 0)
  return {
    object: 'list',
    data: answer.vectors.map(({ vector }, index) => ({
      object: 'embedding',
      index,
      embedding: encoding_format === 'base64' ? vector : numbersOf(vector, answer),
    })),
    model: name,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

function numbersOf(base64: string, { model }: EngineEmbeddings): number[] {
  const vector = vectorOf(base64, model.dimensions)
  if (vector !== undefined) return [...vector]
  throw new CastellanError('internal', 'The engine sent a vector of another length than its model has.')
}
