import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { CastellanError, canonicalJson, type EngineDoctor } from '@castellan/contracts'
import { z } from 'zod'
import { garbled, type ServerHttp } from './http.ts'

const Props = z.object({
  default_generation_settings: z.object({ n_ctx: z.int().positive() }),
  total_slots: z.int().positive().default(1),
  model_path: z.string().default(''),
  build_info: z.string().optional(),
})
const Models = z.object({
  data: z
    .array(
      z.object({
        id: z.string(),
        meta: z
          .object({ n_params: z.number().optional(), n_ctx_train: z.number().optional(), size: z.number().optional() })
          .nullish(),
      }),
    )
    .min(1),
})

export interface ServerFacts {
  readonly model: NonNullable<EngineDoctor['model']>
  readonly slots: number
  readonly build: string
}

/**
 * Asks a server what it is and what it holds. Throws `engine_loading` while it reads its model, `engine_unavailable` where
 * nothing answers, `engine_garbled` where something else does.
 */
export async function askFacts(http: ServerHttp, signal: AbortSignal): Promise<ServerFacts> {
  const health = await http.json('GET', '/health', signal)
  if (health.status === 503) {
    throw new CastellanError('engine_loading', 'The llama-server is still loading its model. Try again in a moment.', {
      retryAfterSeconds: 1,
    })
  }
  const [props, models] = await Promise.all([
    http.json('GET', '/props', signal),
    http.json('GET', '/v1/models', signal),
  ])
  const known = Props.safeParse(props.value)
  const listed = Models.safeParse(models.value)
  if (!known.success || !listed.success) throw garbled(http.address, 'no properties of a model (/props, /v1/models)')
  const { default_generation_settings, total_slots, model_path, build_info } = known.data
  const { id, meta } = listed.data.data[0] as z.output<typeof Models>['data'][number]
  const identity = { id, model_path, meta: meta ?? null }
  return {
    model: {
      name: basename(id, '.gguf'),
      kind: 'chat',
      digest: createHash('sha256').update(canonicalJson(identity)).digest('hex'),
      contextTokens: default_generation_settings.n_ctx,
      parameters: Math.round(meta?.n_params ?? 0),
      source: http.address,
      architecture: '',
      trainedContextTokens: Math.round(meta?.n_ctx_train ?? default_generation_settings.n_ctx),
      fileBytes: Math.round(meta?.size ?? 0),
    },
    slots: total_slots,
    build: build_info ?? '',
  }
}
