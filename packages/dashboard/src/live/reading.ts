import type { createCall } from '@castellan/contracts/api'
import type { Api } from '../api/api.ts'
import { RequestError } from '../connection/http.ts'

/**
 * What a reading tool answers, on the path of every call: policy can forbid it and the ledger has it, so read when there is a reason and
 * never by a clock. Throws {@link RequestError} with what it was refused for, or failed with.
 */
export async function readByTool<Result>(
  api: Api,
  tool: string,
  args: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Result> {
  const asked = { body: { tool, args }, signal }
  const { outcome, error } = await api.ask<typeof createCall>('POST', '/api/v1/calls', asked)
  if (outcome !== null && outcome.status === 'done' && outcome.ok) return outcome.result as Result
  const code = error?.code ?? (outcome?.status === 'done' ? outcome.error?.code : undefined) ?? 'internal'
  throw new RequestError(code, error?.message ?? (outcome?.status === 'done' ? outcome.summary : ''))
}
