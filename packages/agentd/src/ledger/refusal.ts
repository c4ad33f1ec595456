import { CastellanError } from '@castellan/contracts'

/** How often a ledger that refused is tried again, in milliseconds. */
export const RETRY_MS = 10_000

const aboutTheRequest: ReadonlySet<string> = new Set([
  'ledger_damaged',
  'clock_jumped',
  'payload_erased',
  'conflict',
  'not_found',
  'invalid_request',
  'too_large',
  'shutting_down',
])

/** What is wrong with one request stays what it is; whatever keeps the ledger from working is one of three codes. */
export function refusal(error: unknown): CastellanError {
  if (error instanceof CastellanError && aboutTheRequest.has(error.code)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new CastellanError('ledger_unavailable', `The ledger does not take entries, so nothing is done. ${message}`, {
    cause: error,
    detail: { cause: error instanceof CastellanError ? error.code : 'internal' },
    retryAfterSeconds: RETRY_MS / 1000,
  })
}

/** Why a ledger could not be opened or goes on no longer, as every caller is told from then on. */
export function problemOf(error: unknown): CastellanError {
  const problem = refusal(error)
  if (problem.code !== 'ledger_damaged') return problem
  const finding = (problem.detail as { finding?: string } | undefined)?.finding ?? problem.message
  const message =
    `The ledger is damaged: ${finding} Until an operator has looked at it with \`agentctl verify-ledger\` and run ` +
    '`agentctl ledger repair`, only tools that read run, and they go unrecorded.'
  return new CastellanError('ledger_damaged', message, { cause: error, detail: problem.detail })
}

export function closed(): CastellanError {
  return new CastellanError('shutting_down', 'The ledger is closed, because agentd is stopping.')
}
