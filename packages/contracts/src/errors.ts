import { z } from 'zod'

/**
 * Every code that crosses a process boundary, with the HTTP status it travels under.
 * Codes are stable: programs match on them, people read the message beside them.
 */
export const errorCatalogue = {
  // The request itself
  invalid_json: 400,
  invalid_request: 400,
  invalid_arguments: 400,
  unknown_frame: 400,
  frame_too_large: 413,
  body_too_large: 413,
  headers_too_large: 431,
  unsupported_media_type: 415,
  unknown_tool: 404,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  duplicate_call: 409,
  idempotency_conflict: 409,
  idempotency_unknown: 409,
  // Who asks
  unauthorized: 401,
  sign_in_failed: 401,
  origin_refused: 403,
  host_refused: 403,
  forbidden: 403,
  too_many_sessions: 429,
  rate_limited: 429,
  // Policy and approvals
  policy_denied: 403,
  policy_invalid: 422,
  approval_required: 202,
  approval_denied: 403,
  approval_expired: 403,
  approval_spent: 409,
  approval_mismatch: 403,
  approval_unknown: 404,
  approval_withdrawn: 409,
  approval_stale: 409,
  approval_revoked: 403,
  approval_same_person: 409,
  approval_no_rule: 409,
  signature_invalid: 403,
  operator_unknown: 403,
  // Sessions, budgets and capabilities
  session_refused: 403,
  budget_exceeded: 429,
  capability_invalid: 403,
  capability_expired: 403,
  capability_revoked: 403,
  capability_mismatch: 403,
  capability_denied: 403,
  capability_widens: 403,
  // The operator has frozen all agents (docs/emergency.md)
  agents_frozen: 423,
  // Incidents: the way back is not free yet, and something that contains an incident cannot be seen to hold (docs/incidents.md)
  cause_persists: 409,
  containment_failed: 502,
  // The machine
  unsupported_host: 501,
  sandbox_unavailable: 501,
  path_outside_roots: 403,
  path_invalid: 400,
  not_a_file: 409,
  not_a_directory: 409,
  already_exists: 409,
  text_not_found: 409,
  text_ambiguous: 409,
  not_utf8: 422,
  too_large: 413,
  permission_denied: 403,
  unit_not_found: 404,
  command_failed: 502,
  disk_full: 507,
  read_only: 409,
  // Switching systems
  switch_refused: 409,
  switch_rolled_back: 409,
  switch_rollback_failed: 500,
  // MCP servers
  mcp_server_failed: 502,
  mcp_tool_changed: 409,
  // Undo
  not_undoable: 409,
  already_undone: 409,
  world_moved_on: 409,
  trash_unknown: 404,
  trash_damaged: 422,
  // Backups
  backup_unknown: 404,
  backup_damaged: 422,
  backup_key_missing: 409,
  backup_locked: 403,
  recovery_key_invalid: 403,
  // Credentials of model providers (docs/credential-store.md)
  credential_unknown: 404,
  credential_invalid: 422,
  credential_revoked: 409,
  credential_missing: 409,
  credential_cooling_down: 503,
  credentials_full: 409,
  credentials_locked: 423,
  credential_store_missing: 503,
  credential_store_truncated: 503,
  credential_store_corrupt: 503,
  credential_store_swapped: 503,
  credential_store_foreign: 503,
  credential_store_rolled_back: 503,
  credential_store_unsupported: 503,
  import_invalid: 422,
  recovery_phrase_invalid: 422,
  // The way out
  egress_denied: 403,
  egress_off: 403,
  egress_leak: 403,
  egress_held: 403,
  egress_failed: 502,
  egress_timeout: 504,
  egress_truncated: 502,
  egress_unrecorded: 503,
  airlock_unavailable: 503,
  search_unconfigured: 501,
  search_failed: 502,
  // The service
  busy: 503,
  shutting_down: 503,
  deadline_exceeded: 504,
  cancelled: 499,
  ledger_unavailable: 503,
  ledger_damaged: 503,
  clock_jumped: 503,
  payload_erased: 410,
  proof_invalid: 422,
  witness_refused: 502,
  agentd_unavailable: 503,
  engine_unavailable: 503,
  engine_loading: 503,
  engine_crashed: 503,
  engine_queue_full: 429,
  engine_stalled: 503,
  model_invalid: 422,
  model_too_large: 507,
  // It is not on agentd's signed list of trusted models, or was taken off it (docs/quarantine.md)
  model_untrusted: 403,
  model_changed: 503,
  model_switching: 409,
  manifest_mismatch: 409,
  memory_unreadable: 500,
  context_full: 413,
  // Vectors of texts: no model for them is configured; a text is longer than the model takes
  embeddings_off: 501,
  input_too_long: 413,
  // An engine or its credential does not fit what it is wanted for; a provider said no, or sent what makes no sense
  engine_unsuitable: 422,
  engine_refused: 502,
  engine_garbled: 502,
  engine_overloaded: 503,
  too_many_tool_calls: 409,
  turn_in_progress: 409,
  turn_interrupted: 503,
  conversations_unreadable: 500,
  conversations_unwritable: 503,
  agents_invalid: 422,
  config_invalid: 500,
  state_locked: 500,
  state_key_missing: 500,
  state_key_damaged: 500,
  state_key_foreign: 500,
  port_in_use: 500,
  socket_in_use: 500,
  internal: 500,
} as const

export type ErrorCode = keyof typeof errorCatalogue

/** The body of every refusal, on every HTTP interface. `message` says what to do next. */
export const ErrorEnvelope = z.strictObject({
  code: z.string(),
  message: z.string(),
  detail: z.unknown().optional(),
  request_id: z.string().optional(),
})
export type ErrorEnvelope = z.infer<typeof ErrorEnvelope>

/** An error with a stable code. Throw it anywhere; the edges turn it into an envelope or a frame. */
export class CastellanError extends Error {
  readonly code: ErrorCode
  readonly detail: unknown
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { detail?: unknown; cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CastellanError'
    this.code = code
    this.detail = options.detail
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get status(): number {
    return errorCatalogue[this.code]
  }

  toEnvelope(requestId?: string): ErrorEnvelope {
    return {
      code: this.code,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(requestId === undefined ? {} : { request_id: requestId }),
    }
  }
}

/** Reads an envelope that another process sent back into an error; unknown codes become `internal`. */
export function errorFromEnvelope(envelope: ErrorEnvelope): CastellanError {
  const code = Object.hasOwn(errorCatalogue, envelope.code) ? (envelope.code as ErrorCode) : 'internal'
  return new CastellanError(code, envelope.message, { detail: envelope.detail })
}

/** One sentence per violated rule of a schema, each naming the field: `args.path: must not be empty`. */
export function describeIssues(error: z.ZodError, root = ''): string {
  return error.issues
    .map((issue) => {
      const path = [root, ...issue.path.map(String)].filter(Boolean).join('.')
      const message = describeIssue(issue)
      return path === '' ? message : `${path}: ${message}`
    })
    .join('; ')
}

/** What a value has to be, in the words of people rather than of zod: `is missing and must be a string`. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = KIND_WORDS[issue.expected] ?? issue.expected
      if (issue.message.endsWith('received undefined')) return `is missing and must be ${wanted}`
      return issue.message.startsWith('Invalid input: expected') ? `must be ${wanted}` : issue.message
    }
    case 'too_small':
      return issue.message.startsWith('Too small')
        ? `must ${bound(issue.inclusive === false ? 'more than' : 'at least', issue.origin, issue.minimum)}`
        : issue.message
    case 'too_big':
      return issue.message.startsWith('Too big')
        ? `must ${bound(issue.inclusive === false ? 'less than' : 'at most', issue.origin, issue.maximum)}`
        : issue.message
    case 'invalid_value':
      return issue.message.startsWith('Invalid')
        ? `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
        : issue.message
    case 'invalid_union':
      return issue.message === 'Invalid input' ? describeWays(issue.errors) : issue.message
    case 'unrecognized_keys':
      return `must not have ${issue.keys.map(keyName).join(' or ')}`
    default:
      return issue.message
  }
}

/** What each of several ways to be right would want; the first few, since nobody reads ten. */
function describeWays(ways: readonly (readonly z.core.$ZodIssue[])[]): string {
  const wanted = ways.map((issues) => describeIssues(new z.ZodError([...issues])).replaceAll('; ', ' and '))
  const shown = [...new Set(wanted)].slice(0, MOST_WAYS)
  return shown.length === 0 ? 'does not fit any of the ways it can be given' : shown.join(', or ')
}

const MOST_WAYS = 4

/** A key is repeated only where it looks like a name: in the place of one may stand a secret, put there by mistake. */
function keyName(key: string): string {
  return /^[A-Za-z_]\w{0,31}$/.test(key) ? JSON.stringify(key) : 'a key of another name'
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}

const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'items', set: 'items', map: 'entries' }

function bound(side: string, origin: string, limit: number | bigint): string {
  const unit = UNITS[origin]
  if (unit !== undefined && side === 'at least' && limit === 1) return 'not be empty'
  return unit === undefined ? `be ${side} ${limit}` : `have ${side} ${limit} ${unit}`
}
