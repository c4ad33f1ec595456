import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'

/** How llama-server refuses: `{"error": {"code": 400, "message": "…", "type": "exceed_context_size_error"}}`. */
const Refusal = z.object({
  error: z.object({
    message: z.string(),
    type: z.string().default(''),
    n_prompt_tokens: z.number().optional(),
    n_ctx: z.number().optional(),
  }),
})

/** A refusal in our terms: what can be done about it differs. */
export function refusal(status: number, value: unknown, address: string): CastellanError {
  const parsed = Refusal.safeParse(value)
  const { message, type, n_prompt_tokens, n_ctx } = parsed.success
    ? parsed.data.error
    : { message: `status ${status}`, type: '', n_prompt_tokens: undefined, n_ctx: undefined }
  const said = message.replace(/\s+/g, ' ').slice(0, 300)
  if (type === 'exceed_context_size_error' || /context size/i.test(message)) {
    return new CastellanError(
      'context_full',
      `The conversation does not fit into the llama-server's context: ${said}. Begin a new conversation, or start the server with a larger one (--ctx-size).`,
      { detail: { promptTokens: n_prompt_tokens ?? null, contextTokens: n_ctx ?? null } },
    )
  }
  if (status === 503) {
    return new CastellanError('engine_loading', `The llama-server is not ready: ${said}. Try again in a moment.`, {
      retryAfterSeconds: 1,
    })
  }
  return new CastellanError('engine_refused', `The llama-server at ${address} refused: ${said}.`)
}
