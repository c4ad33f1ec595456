import { createHash } from 'node:crypto'
import {
  type CallScreening,
  CastellanError,
  canonicalJson,
  type ErrorCode,
  type LedgerFacts,
  type LedgerIndex,
  TaintLabel,
} from '@castellan/contracts'
import { screenValue } from '@castellan/screening'
import type { Sighting } from '../incidents/sighting.ts'
import { labelsIn } from '../sessions/facts.ts'
import type { Permit } from './approve.ts'
import { type Call, channelFact, headerOf } from './call.ts'
import type { CallParts } from './path.ts'
import type { Plan } from './plan.ts'
import type { RunReport } from './run.ts'

/** Where the outcome is in the ledger, and what it says of the result. */
export interface Recorded {
  readonly index: LedgerIndex | null
  readonly labels: readonly TaintLabel[]
  /** Absent where nothing in it speaks to a model. */
  readonly screening: CallScreening | undefined
}

/**
 * Writes down how it ended; on disk when it returns. What has no intent gets no outcome. Throws `ledger_unavailable` or `ledger_damaged` where it cannot be
 * written: the caller is never told that something happened which the ledger does not know.
 */
export async function record(
  { ledger, inverses, sessions, incidents, log }: CallParts,
  call: Call,
  { resources }: Plan,
  intent: LedgerIndex | null,
  permit: Permit,
  { result, durationMs, inverse, target }: RunReport,
): Promise<Recorded> {
  const screening = call.caller !== 'operator' && call.tool.taints !== undefined ? screened(result) : undefined
  const told = withScreening(labelsOf(call, result), screening)
  const facts: LedgerFacts = {
    ...channelFact(call),
    ...sessions.outcomeFacts(call, told, call.tool.taints === undefined ? [] : resources),
    ...(screening === undefined ? {} : { screening: [screening.verdict, ...screening.reasons].join(',') }),
  }
  const labels = labelsIn(facts.taints)
  if (intent === null) {
    await sessions.takeUnrecorded(call, facts)
    return { index: null, labels, screening }
  }
  const draft = {
    ...headerOf(call),
    type: 'outcome' as const,
    intent,
    ...(permit.kind === 'grant' ? { approval_id: permit.approval.approval_id } : {}),
    ...(target === undefined ? {} : { target }),
    ok: result.ok,
    ...(result.ok ? {} : { code: result.error.code }),
    duration_ms: durationMs,
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
  }
  const payload = {
    summary: result.ok ? result.summary : result.error.message,
    // The digest commits to the result; the result itself would make every read cost its size again.
    ...(result.ok ? { result_digest: createHash('sha256').update(canonicalJson(result.output)).digest('hex') } : {}),
    ...(inverse === undefined ? {} : { inverse: { tool: call.name, ...inverse } }),
  }
  try {
    const index = await ledger.append(draft, payload)
    if (inverse !== undefined) await inverses.release(call.call_id)
    if (screening?.verdict === 'injection') incidents.raise(injectionIn(call, screening, index))
    return { index, labels, screening }
  } catch (cause) {
    log.error({ err: cause, call_id: call.call_id, tool: call.name, intent }, 'an outcome could not be recorded')
    const code = cause instanceof CastellanError && cause.code === 'ledger_damaged' ? cause.code : 'ledger_unavailable'
    throw new CastellanError(
      code,
      `${call.name} ran, but the ledger did not take its outcome (intent ${intent}). See what it did before you repeat it.`,
      { cause, detail: { intent } },
    )
  }
}

/** What reads like instructions to a model is not trusted, whoever is said to have written it. */
function withScreening(labels: readonly TaintLabel[], screening: CallScreening | undefined): readonly TaintLabel[] {
  return screening?.verdict === 'injection' ? [...new Set([...labels, 'untrusted-text' as const])] : labels
}

/** What others' words in a result, or in a failure, look like; nothing where they look like nothing. */
function screened(result: RunReport['result']): CallScreening | undefined {
  const { verdict, score, reasons } = screenValue(result.ok ? result.output : result.error.toEnvelope())
  return verdict === 'clean' ? undefined : { verdict, score, reasons: [...reasons] }
}

function injectionIn({ name, agent }: Call, { score, reasons }: CallScreening, evidence: LedgerIndex): Sighting {
  const summary = `A result of ${name} that ${agent} asked for looks like instructions to a model (${reasons.join(', ')}; ${score}).`
  return { class: 'prompt_injection', subject: name, summary, evidence }
}

/** What the result brings into the session. Where a tool cannot tell, whoever wrote it is trusted with nothing. */
function labelsOf({ tool, input }: Call, result: RunReport['result']): readonly TaintLabel[] {
  if (tool.taints === undefined) return []
  // The words of a failure are the tool's own, but some quote what they met.
  if (!result.ok) return quotes(result.error) ? ['untrusted-text'] : []
  try {
    return tool.taints(result.output, input)
  } catch {
    return TaintLabel.options
  }
}

/** Failures told in agentd's own words. Any other may quote what it met: a program's last line, a server's answer. */
const ownWords: ReadonlySet<ErrorCode> = new Set([
  'unsupported_host',
  'sandbox_unavailable',
  'path_outside_roots',
  'path_invalid',
  'not_found',
  'not_a_file',
  'not_a_directory',
  'not_utf8',
  'too_large',
  'permission_denied',
  'unit_not_found',
  'busy',
  'rate_limited',
  'deadline_exceeded',
  'budget_exceeded',
  'cancelled',
  'shutting_down',
  'internal',
])

function quotes({ code, detail }: CastellanError): boolean {
  return !ownWords.has(code) || detail !== undefined
}
