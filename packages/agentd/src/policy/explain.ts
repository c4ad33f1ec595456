import {
  CastellanError,
  type PolicyExplainRequest,
  type PolicyExplanation,
  SessionId,
  SessionMode,
  type ToolResource,
} from '@castellan/contracts'
import { readArguments } from '../calls/arguments.ts'
import type { Registry } from '../calls/registry.ts'
import type { Host } from '../host/index.ts'
import { judgeCall } from '../sandbox/index.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Policy, PolicyContext, PolicyDecision, PolicyQuestion } from './policy.ts'
import type { Rule } from './rule.ts'

/** A session that nobody has; for questions about none in particular. */
const NO_SESSION = SessionId.parse('ses_nobody00')

export interface ExplainParts {
  readonly policy: Policy & { readonly rules: readonly Rule[] }
  readonly registry: Registry
  readonly host: Host
  /** Modes and labels, where the request does not say. */
  readonly sessions: Pick<Sessions, 'mode' | 'labels'>
}

/**
 * Says what policy would decide about a call, why, and what would have to be different. Nothing runs. `about`
 * takes the place of what the tool says the call is about. Throws `unknown_tool` and `invalid_arguments`.
 */
export async function explain(
  parts: ExplainParts,
  request: PolicyExplainRequest,
  about?: readonly ToolResource[],
): Promise<PolicyExplanation> {
  const { policy } = parts
  const question = await questionOf(parts, request, about)
  const shown = { mode: question.context.mode, taint: [...question.context.taint], policy_digest: policy.digest }
  const decided = policy.decide(question)
  const where = policy.rules.find(({ id }) => id === decided.rule)
  return {
    decision: decided.decision,
    rule: decided.rule,
    ...(where === undefined ? {} : { where: `${where.file}:${where.line}` }),
    reasons: [decided.reason, ...question.notes],
    ...(decided.decision === 'ask' ? { approvals: decided.approvals ?? 1 } : {}),
    otherwise: decided.decision === 'allow' ? [] : otherwise(policy, question, decided),
    resources: [...question.resources],
    ...shown,
  }
}

/** With what is to be said about the question itself. */
type Asked = PolicyQuestion & { readonly notes: readonly string[] }

/** A call as policy would be asked about it. */
export async function questionOf(
  parts: ExplainParts,
  request: PolicyExplainRequest,
  about?: readonly ToolResource[],
): Promise<Asked> {
  const { registry, host, sessions } = parts
  const { caller, agent, session = NO_SESSION, agreed } = request
  const { tool, descriptor } = registry.find(request.tool)
  const input = readArguments(tool, descriptor, request.args)
  const verdict = await judgeCall(host.sandbox, tool.name, request.args)
  const resources = about ?? (await resourcesOf(() => tool.resources?.(input, host)))
  return {
    principal: { kind: caller, agent, session },
    tool,
    args: request.args,
    input,
    resources: resources instanceof CastellanError ? [] : resources,
    context: {
      mode: request.mode ?? sessions.mode({ agent, session }),
      taint:
        request.taint ??
        (request.session === undefined ? [] : sessions.labels({ session, caller, agreedBefore: agreed })),
      left: {},
      capability: undefined,
      command: verdict?.verdict ?? 'none',
      agreed,
      channel: request.channel,
      now: request.at === undefined ? Date.now() : Date.parse(request.at),
    },
    notes: [
      ...(verdict === undefined ? [] : [verdict.reason]),
      ...(resources instanceof CastellanError
        ? [`Rules about single things did not count, because the call as it is would be refused: ${resources.message}`]
        : []),
    ],
  }
}

/** Where a tool cannot tell what a call is about, the call is refused before policy is asked; what policy thinks of it can still be told. */
async function resourcesOf(
  find: () => readonly ToolResource[] | Promise<readonly ToolResource[]> | undefined,
): Promise<readonly ToolResource[] | CastellanError> {
  try {
    return (await find()) ?? []
  } catch (error) {
    if (error instanceof CastellanError) return error
    throw error
  }
}

/** Single differences that lead to a milder decision. */
function otherwise(policy: Policy, question: PolicyQuestion, decided: PolicyDecision): PolicyExplanation['otherwise'] {
  return [...differences(question)].flatMap(([difference, changed]) => {
    const { decision, rule } = policy.decide(changed)
    return mildness[decision] < mildness[decided.decision] ? [{ if: difference, decision, rule }] : []
  })
}

const mildness = { allow: 0, ask: 1, deny: 2 } as const

function* differences(question: PolicyQuestion): Generator<readonly [string, PolicyQuestion]> {
  const { context, principal } = question
  const inContext = (change: Partial<PolicyContext>): PolicyQuestion => ({
    ...question,
    context: { ...context, ...change },
  })
  for (const mode of SessionMode.options) {
    if (mode !== context.mode) yield [`the mode were ${mode}`, inContext({ mode })]
  }
  for (const label of context.taint) {
    const taint = context.taint.filter((other) => other !== label)
    yield [`the session had not taken in ${label}`, inContext({ taint })]
  }
  if (context.command === 'ask') {
    yield ['the command were known to do no more than read', inContext({ command: 'harmless' })]
  }
  if (context.channel !== undefined) {
    yield [`it did not come through ${context.channel}`, inContext({ channel: undefined })]
  }
  if (principal.kind === 'routine' && !context.agreed) {
    yield ['a person had agreed to it when it was set up', inContext({ agreed: true })]
  }
  if (principal.kind !== 'operator') {
    yield ['the operator made the call', { ...question, principal: { ...principal, kind: 'operator' } }]
  }
}
