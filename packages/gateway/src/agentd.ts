import {
  Approval,
  type ApprovalDecision,
  type ApprovalId,
  type AttachmentReport,
  type BudgetLine,
  CallAnswer,
  CallLine,
  type CallOutcome,
  type CallRequest,
  CastellanError,
  ContainmentState,
  EnrolledKey,
  EnrolledKeys,
  errorFromEnvelope,
  type Freeze,
  FreezeState,
  Happening,
  type Incident,
  type IncidentId,
  IncidentListing,
  LedgerHead,
  type LedgerIndex,
  LedgerPage,
  LedgerProof,
  type LedgerQuery,
  LedgerRecord,
  LedgerState,
  LedgerVerification,
  type OperatorKeyId,
  ProcessHealth,
  RecoveryPlan,
  type SessionId,
  SessionOpened,
  type SessionOpening,
  type SignedFreeze,
  type SignedKeyRemoval,
  type SignedKeyRenaming,
  type SignedRecovery,
  type SignedThaw,
  type SignInAssertion,
  type SignInRedemption,
  SignInResult,
  ToolListing,
  ToolName,
  type ToolProgress,
  UsageAnswer,
  type UsageReport,
} from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { z } from 'zod'
import { AgentdPolicy } from './agentd-policy.ts'
import type { SpanFacts } from './telemetry/span.ts'
import { NO_TRACING, type Tracing } from './telemetry/tracing.ts'

/** Longest a call may take, in milliseconds. Tools have shorter deadlines of their own, which agentd keeps. */
const CALL_MS = 15 * 60 * 1000
const HEALTH_MS = 1_000
const WITHDRAW_MS = 1_000
const SESSION_MS = 2_000
/** Looking for a cause may hash a model of many gigabytes. */
const RECOVERY_MS = 10 * 60 * 1000
/** How long agentd holds a question about an approval, in seconds, before it answers that nothing changed. */
const LONG_POLL_SECONDS = 25

const ApprovalListing = z.strictObject({ approvals: z.array(Approval) })

/** What a call came to, for whoever counts: it ran, it failed, a person is asked, or it was refused. */
export type CallResult = 'done' | 'failed' | 'asked' | 'refused'

/** agentd as an agent may speak to it, over agent.sock. Every method throws `agentd_unavailable` when nothing answers. */
export class Agentd {
  readonly policy: AgentdPolicy
  readonly #client: UnixClient
  readonly #tracing: Tracing
  /** Told of each call. */
  onCall: (result: CallResult) => void = () => undefined

  constructor(socketPath: string, tracing: Tracing = NO_TRACING) {
    this.#tracing = tracing
    const { traceparent } = tracing
    this.#client = new UnixClient({ socketPath, unavailable: 'agentd_unavailable', peer: 'agentd', traceparent })
    this.policy = new AgentdPolicy(this.#client)
  }

  /** What agentd says of itself within a second. */
  async state(): Promise<ProcessHealth['state'] | 'unavailable'> {
    return this.#client.request('GET', '/v1/health', { schema: ProcessHealth, timeoutMs: HEALTH_MS }).then(
      ({ state }) => state,
      () => 'unavailable',
    )
  }

  tools(signal?: AbortSignal): Promise<ToolListing> {
    return this.#client.request('GET', '/v1/tools', { schema: ToolListing, signal })
  }

  /**
   * Asks for a call. It either ran, or waits for a person; refusals are thrown. Aborting cancels the tool. `onProgress` hears how far
   * long work is.
   */
  async call(
    request: CallRequest,
    signal: AbortSignal,
    onProgress?: (progress: ToolProgress) => void,
  ): Promise<CallAnswer> {
    // What is no tool's name may be anything that a model made up, so that it is not passed on.
    const tool = ToolName.safeParse(request.tool).success ? request.tool : 'unknown'
    try {
      const answer = await this.#tracing.span('tool call', { 'castellan.tool': tool }, async () => {
        const answer = await this.#ask(request, signal, onProgress)
        if (answer.status === 'done') this.#told(tool, answer)
        return answer
      })
      this.onCall(answer.status === 'done' ? (answer.ok ? 'done' : 'failed') : 'asked')
      return answer
    } catch (error) {
      this.onCall('refused')
      throw error
    }
  }

  async #ask(
    body: CallRequest,
    signal: AbortSignal,
    onProgress?: (progress: ToolProgress) => void,
  ): Promise<CallAnswer> {
    const options = { body, signal, timeoutMs: CALL_MS }
    if (onProgress === undefined) return this.#client.request('POST', '/v1/calls', { ...options, schema: CallAnswer })
    for await (const line of this.#client.stream('POST', '/v1/calls', { ...options, schema: CallLine })) {
      if ('answer' in line) return line.answer
      if ('error' in line) throw errorFromEnvelope(line.error)
      onProgress(line.progress)
    }
    throw new CastellanError(
      'agentd_unavailable',
      'agentd went away in the middle of a call; the ledger says what became of it.',
    )
  }

  /** agentd sends nothing anywhere: how long the tool ran comes with its answer, and goes where our own spans go. */
  #told(tool: string, { ok, duration_ms, ledger_index }: CallOutcome): void {
    const entry: SpanFacts = ledger_index === null ? {} : { 'castellan.ledger_index': ledger_index }
    this.#tracing.ended('tool run', { 'castellan.tool': tool, ...entry }, { ms: duration_ms, failed: !ok })
  }

  async approvals(signal?: AbortSignal): Promise<Approval[]> {
    return (await this.#client.request('GET', '/v1/approvals', { schema: ApprovalListing, signal })).approvals
  }

  approval(id: ApprovalId, signal?: AbortSignal): Promise<Approval> {
    return this.#client.request('GET', `/v1/approvals/${id}`, { schema: Approval, signal })
  }

  /** The approval once it is decided or has more yeses than these, or as it still is after `seconds`, at most 30. */
  approvalOnceChanged(
    id: ApprovalId,
    votes: number,
    signal: AbortSignal,
    seconds = LONG_POLL_SECONDS,
  ): Promise<Approval> {
    const path = `/v1/approvals/${id}?wait=${seconds}&votes=${votes}`
    return this.#client.request('GET', path, { schema: Approval, signal })
  }

  decide(id: ApprovalId, decision: ApprovalDecision): Promise<Approval> {
    return this.#client.request('POST', `/v1/approvals/${id}/decision`, { body: decision, schema: Approval })
  }

  /** The session that asked no longer waits: a yes that comes late is refused. Given up after a second. */
  withdraw(id: ApprovalId, session: SessionId): Promise<Approval> {
    const path = `/v1/approvals/${id}/withdrawal`
    return this.#client.request('POST', path, { body: { session }, schema: Approval, timeoutMs: WITHDRAW_MS })
  }

  /** Opens a session on the owner's word. Throws what agentd refuses the proof with. */
  openSession(opening: SessionOpening): Promise<SessionOpened> {
    return this.#client.request('POST', '/v1/sessions', { body: opening, schema: SessionOpened, timeoutMs: SESSION_MS })
  }

  /** Says that a person put files into the conversation: from here on the session counts as one that read others' words. */
  async reportAttachments(id: SessionId, body: AttachmentReport, signal: AbortSignal): Promise<void> {
    const schema = z.strictObject({ recorded: z.literal(true) })
    await this.#client.request('POST', `/v1/sessions/${id}/attachments`, {
      body,
      schema,
      signal,
      timeoutMs: SESSION_MS,
    })
  }

  /** Reports what a model used. Answers the budgets that are spent by now. */
  async reportUsage(id: SessionId, body: UsageReport, signal: AbortSignal): Promise<BudgetLine[]> {
    const path = `/v1/sessions/${id}/usage`
    return (await this.#client.request('POST', path, { body, schema: UsageAnswer, signal, timeoutMs: SESSION_MS }))
      .spent
  }

  /** Whether agents are frozen, once that is not `known` any more, or as it still is after 25 s; undefined asks at once. */
  freezeOnceChanged(known: Freeze | null | undefined, signal: AbortSignal): Promise<FreezeState> {
    const query = known === undefined ? '' : `?known=${known?.id ?? 'none'}&wait=${LONG_POLL_SECONDS}`
    return this.#client.request('GET', `/v1/freeze${query}`, { schema: FreezeState, signal })
  }

  /** What the gateway has to hold shut, once it is another version than `known`. */
  containmentOnceChanged(known: string | undefined, signal: AbortSignal): Promise<ContainmentState> {
    const query = known === undefined ? '' : `?known=${known}&wait=${LONG_POLL_SECONDS}`
    return this.#client.request('GET', `/v1/containment${query}`, { schema: ContainmentState, signal })
  }

  /** Tells agentd that what this version says is held shut. */
  async containmentApplied(version: string, signal: AbortSignal): Promise<void> {
    await this.#client.request('POST', '/v1/containment/applied', {
      body: { version },
      schema: ContainmentState,
      signal,
    })
  }

  /** Stops all agents on an operator's signed word, which agentd judges. */
  freezeAgents(body: SignedFreeze): Promise<FreezeState> {
    return this.#client.request('POST', '/v1/freeze', { body, schema: FreezeState })
  }

  /** Ends a freeze, likewise. */
  thawAgents(body: SignedThaw): Promise<FreezeState> {
    return this.#client.request('POST', '/v1/thaw', { body, schema: FreezeState })
  }

  /** All incidents, newest first; also while agents are frozen. */
  async incidents(signal: AbortSignal): Promise<readonly Incident[]> {
    return (await this.#client.request('GET', '/v1/incidents', { schema: IncidentListing, signal })).incidents
  }

  /** The way back from an incident. Throws `not_found`. */
  recovery(id: IncidentId, signal: AbortSignal): Promise<RecoveryPlan> {
    return this.#client.request('GET', `/v1/incidents/${id}/recovery`, { schema: RecoveryPlan, signal })
  }

  /** Takes the next step back on an operator's signed word. Lifting may wait for the gateway itself, so give it time. */
  takeRecoveryStep(id: IncidentId, body: SignedRecovery, signal: AbortSignal): Promise<RecoveryPlan> {
    const options = { body, schema: RecoveryPlan, signal, timeoutMs: RECOVERY_MS }
    return this.#client.request('POST', `/v1/incidents/${id}/recovery`, options)
  }

  /** The operator keys in force. */
  operatorKeys(signal: AbortSignal): Promise<EnrolledKeys> {
    return this.#client.request('GET', '/v1/operators/enrolled', { schema: EnrolledKeys, signal })
  }

  /** Revokes a key on the signed word of another, which agentd judges. */
  removeOperatorKey(id: OperatorKeyId, body: SignedKeyRemoval): Promise<EnrolledKey> {
    return this.#client.request('POST', `/v1/operators/${id}/removal`, { body, schema: EnrolledKey })
  }

  /** Renames a key, likewise. */
  renameOperatorKey(id: OperatorKeyId, body: SignedKeyRenaming): Promise<EnrolledKey> {
    return this.#client.request('POST', `/v1/operators/${id}/name`, { body, schema: EnrolledKey })
  }

  /** Verifies the whole ledger, telling how far it is; aborting ends it. */
  verifyLedger(signal: AbortSignal): AsyncGenerator<LedgerVerification, void, void> {
    return this.#client.stream('GET', '/v1/ledger/verification', { schema: LedgerVerification, signal })
  }

  /** What happens, from after that many entries of the ledger on, for as long as it is listened to. */
  follow(after: number | undefined, signal: AbortSignal): AsyncGenerator<Happening, void, void> {
    const query = after === undefined ? '' : `?after=${after}`
    return this.#client.stream('GET', `/v1/follow${query}`, { schema: Happening, signal })
  }

  /** What agentd says of its ledger. */
  async ledgerState(signal?: AbortSignal): Promise<LedgerState> {
    const { detail } = await this.#client.request('GET', '/v1/health', { schema: ProcessHealth, signal })
    return LedgerState.parse(detail?.ledger)
  }

  ledgerHead(signal?: AbortSignal): Promise<LedgerHead> {
    return this.#client.request('GET', '/v1/ledger/head', { schema: LedgerHead, signal })
  }

  /** Entries without what was in them, newest first. */
  ledgerEntries(query: LedgerQuery, signal?: AbortSignal): Promise<LedgerPage> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined)
    const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))
    return this.#client.request('GET', `/v1/ledger/entries?${text}`, { schema: LedgerPage, signal })
  }

  ledgerEntry(index: LedgerIndex, signal?: AbortSignal): Promise<LedgerRecord> {
    return this.#client.request('GET', `/v1/ledger/entries/${index}`, { schema: LedgerRecord, signal })
  }

  async ledgerProof(index: LedgerIndex, signal?: AbortSignal): Promise<string> {
    const path = `/v1/ledger/entries/${index}/proof`
    return (await this.#client.request('GET', path, { schema: LedgerProof, signal })).proof
  }

  redeemSignIn(redemption: SignInRedemption): Promise<SignInResult> {
    return this.#client.request('POST', '/v1/sign-ins/redeem', { body: redemption, schema: SignInResult })
  }

  /** Whose key signed a nonce of ours. */
  proveSignIn(assertion: SignInAssertion): Promise<SignInResult> {
    return this.#client.request('POST', '/v1/sign-ins/assertion', { body: assertion, schema: SignInResult })
  }

  close(): void {
    this.#client.close()
  }
}
