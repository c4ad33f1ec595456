import {
  type AgentName,
  type AttachmentReport,
  type BudgetLine,
  type BudgetListing,
  type BudgetRaise,
  type BudgetScope,
  type CallId,
  type CallOrigin,
  type CallRequest,
  CastellanError,
  type LedgerFacts,
  type ModeSetting,
  SessionId,
  type SessionListing,
  type SessionMode,
  type TaintClearing,
  TaintLabel,
  type ToolName,
  type ToolResource,
  type UsageReport,
} from '@castellan/contracts'
import type { CapabilityPort, CapabilityRequest, MintedCapability } from '../host/capabilities.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { StateKeys } from '../state/keys.ts'
import { isSecretName } from '../tools/files/secret.ts'
import { type Amounts, amountsOf } from './amounts.ts'
import type { Book } from './book.ts'
import type { BookKeeper } from './book-keeper.ts'
import { type Budget, Budgets } from './budgets.ts'
import { budgetsOf, Capabilities } from './capabilities.ts'
import { factOfLabels, factsOfSpend, labelsIn } from './facts.ts'
import { type BudgetConfig, least } from './limits.ts'
import { Openings } from './openings.ts'
import { refuseOutside } from './rights.ts'
import type { Claims } from './token.ts'

const OPERATOR = { kind: 'operator', name: 'operator' } as const
/** Sessions that a listing shows. */
const MAX_LISTED = 200

export interface SessionsParts {
  readonly keeper: BookKeeper
  readonly ledger: Recorder
  readonly keys: StateKeys
  /** The mode of whatever has none of its own. */
  readonly mode: SessionMode
  readonly budgets: BudgetConfig
  /** Milliseconds since 1970; the real clock without it. */
  readonly now?: () => number
}

/** Where a call stands: what it came with, and whose budgets it counts against. */
export interface Standing {
  readonly capability: Claims | undefined
  /** None for the operator and for routines. */
  readonly budgets: readonly Budget[]
}

/** A call as sessions see it. */
export interface Standee {
  readonly call_id: CallId
  readonly session: SessionId
  readonly agent: AgentName
  readonly caller: 'agent' | 'operator' | 'routine'
  readonly name: ToolName
  /** Whether a person agreed to exactly this call beforehand; then no agent chose its words. */
  readonly agreedBefore: boolean
  readonly standing: Standing
}

/** What is set aside for a call, until it is disposed of or the intent of the call is in the ledger. */
export interface Provision extends Disposable {
  /** How long the call may run, in milliseconds. */
  readonly wallMs: number
  /** What its intent says of it. */
  readonly facts: LedgerFacts
}

/**
 * What agentd knows of sessions: labels, modes, budgets, capabilities. All of it is read off the ledger, so no client can
 * talk it away and no crash loses it. See docs/sessions.md.
 */
export class Sessions implements CapabilityPort {
  readonly openings: Openings
  readonly capabilities: Capabilities
  readonly #parts: SessionsParts
  readonly #budgets: Budgets
  /** Of the calls that run, for tools that hand on what their call came with. */
  readonly #standing = new Map<CallId, Standing>()

  constructor(parts: SessionsParts) {
    const { keeper, ledger, keys, now = Date.now } = parts
    const common = { book: () => keeper.book, ledger, now }
    this.#parts = parts
    this.#budgets = new Budgets(common.book, now)
    keeper.before((entry) => this.#budgets.release(entry))
    this.openings = new Openings({ ...common, key: keys.derive('castellan session keys v1') })
    this.capabilities = new Capabilities({ ...common, key: keys.derive('castellan capabilities v1') })
  }

  /**
   * Checks what a call came with, and that there is anything left for it. Throws `session_refused`, the codes of
   * {@link Capabilities.verify} and `budget_exceeded`.
   */
  admit(request: CallRequest, caller: Standee['caller']): Standing {
    const { session, agent, capability: token } = request
    if (caller === 'agent') this.openings.check(request)
    const capability = token === undefined ? undefined : this.capabilities.verify(token, { session, agent })
    const budgets = caller === 'agent' ? this.#budgetsFor(session, agent, capability, request.mode) : []
    this.#budgets.refuseSpent(budgets)
    return { capability, budgets }
  }

  /** What the session of a call carries. The operator's calls carry nothing: no model chose their words. */
  labels({ caller, session, agreedBefore }: Pick<Standee, 'caller' | 'session' | 'agreedBefore'>): TaintLabel[] {
    if (caller === 'operator' || (caller === 'routine' && agreedBefore)) return []
    return this.#book.labels(session)
  }

  mode({ session, agent }: Pick<Standee, 'session' | 'agent'>): SessionMode {
    return this.#book.mode(session, agent) ?? this.#parts.mode
  }

  /** The mode of whatever has none of its own. */
  get modeOfAll(): SessionMode {
    return this.#book.modeOfAll ?? this.#parts.mode
  }

  /**
   * Holds a call to its capability and sets aside what it may spend: `wanted` and its time. Throws `capability_denied` and
   * `budget_exceeded`.
   */
  provide(call: Standee, resources: readonly ToolResource[], wanted: Partial<Amounts>): Provision {
    const { capability, budgets } = call.standing
    if (capability !== undefined) refuseOutside(capability.rights, call.name, resources)
    const aside = this.#budgets.setAside(call.call_id, budgets, amountsOf(wanted))
    this.#standing.set(call.call_id, call.standing)
    const facts = {
      ...(capability === undefined ? {} : { capability: capability.chain.map(({ id }) => id).join(',') }),
      ...(budgets.length === 0 ? {} : factsOfSpend({ ...wanted, wall_ms: aside.wallMs })),
      ...this.#marks(call, resources),
    }
    return {
      wallMs: aside.wallMs,
      facts,
      [Symbol.dispose]: () => {
        this.#standing.delete(call.call_id)
        aside[Symbol.dispose]()
      },
    }
  }

  /** How much is left of each limited resource, the least of all budgets that the call counts against. */
  left({ standing }: Pick<Standee, 'standing'>): Partial<Amounts> {
    return this.#budgets.left(standing.budgets)
  }

  /** What {@link CapabilityPort} offers tools: rights are handed on out of what their own call came with. */
  async mint(request: CapabilityRequest, call: CallOrigin): Promise<MintedCapability> {
    return this.capabilities.mint(request, call, this.standingOf(call.call_id).capability)
  }

  /** What a running call came with. Throws `cancelled` once it is over. */
  standingOf(callId: CallId): Standing {
    const standing = this.#standing.get(callId)
    if (standing !== undefined) return standing
    throw new CastellanError('cancelled', 'The call is over; it hands on nothing any more.')
  }

  /**
   * What the outcome of a call says of its result: the labels that its tool gives it, and those that files it read were
   * marked with.
   */
  outcomeFacts(call: Standee, taints: readonly TaintLabel[], read: readonly ToolResource[]): LedgerFacts {
    if (call.caller !== 'agent') return {}
    const { marks } = this.#book
    const labels = factOfLabels([...taints, ...pathsOf(read, 'read').flatMap((path) => marks.labelsAt(path))])
    return labels === '' ? {} : { taints: labels }
  }

  /** Labels of a result that the ledger could not take, because it is damaged. Saved before the answer is given. */
  async takeUnrecorded({ session }: Standee, facts: LedgerFacts): Promise<void> {
    const labels = labelsIn(facts.taints)
    const known = this.#book.labels(session)
    if (labels.every((label) => known.includes(label))) return
    this.#book.taint(session, labels)
    await this.#parts.keeper.save()
  }

  /** Takes down what a model used. Answers the budgets that are spent by now. Throws `session_refused`. */
  async report(session: SessionId, { agent, session_key, ...usage }: UsageReport): Promise<BudgetLine[]> {
    this.openings.check({ session, agent, session_key })
    const budgets = this.#budgetsFor(session, agent)
    const tokens = usage.prompt_tokens + usage.output_tokens
    if (this.#budgets.spent(budgets).length === 0) {
      await this.#parts.ledger.append({
        type: 'usage_reported',
        actor: { kind: 'agent', name: agent },
        session,
        facts: { tokens, ...usage },
      })
    }
    return this.#budgets.spent(budgets)
  }

  /**
   * Takes down that a person put files into the conversation. Others may have written them, so the session carries that from here on;
   * whoever says so only ever loses by it. Throws `session_refused`, and `budget_exceeded` where no call could follow anyway: sessions
   * cost nothing to invent, and each report is an entry of the ledger.
   */
  async takeAttachments(session: SessionId, { agent, session_key, files }: AttachmentReport): Promise<void> {
    this.openings.check({ session, agent, session_key })
    this.#budgets.refuseSpent(this.#budgetsFor(session, agent))
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    const facts = { files: files.length, bytes, taints: factOfLabels([TaintLabel.enum['untrusted-text']]) }
    await this.#parts.ledger.append(
      { type: 'attachments_taken', actor: { kind: 'agent', name: agent }, session, facts },
      { files },
    )
  }

  /** Every budget that anything was spent of, or those of one scope. */
  listBudgets(scope?: BudgetScope): BudgetListing {
    const scopes = scope === undefined ? this.#book.scopes : [scope]
    return { budgets: this.#budgets.lines(scopes.map((known) => ({ scope: known, limits: this.#limitsOf(known) }))) }
  }

  async raise({ scope, resource, by }: BudgetRaise): Promise<BudgetListing> {
    await this.#parts.ledger.append({ type: 'budget_raised', actor: OPERATOR, facts: { scope, resource, by } })
    return this.listBudgets(scope)
  }

  async setMode({ for: whose, mode }: ModeSetting): Promise<void> {
    await this.#parts.ledger.append({ type: 'mode_set', actor: OPERATOR, facts: { for: whose, mode } })
  }

  async clearTaint({ session, files = false, reason }: TaintClearing): Promise<void> {
    const whose = session === undefined ? {} : { session: SessionId.parse(session) }
    await this.#parts.ledger.append({ type: 'taint_cleared', actor: OPERATOR, ...whose, facts: { files } }, { reason })
  }

  /** The one used last first. */
  list(): SessionListing {
    const all = [...this.#book.sessions.entries()].sort(([, a], [, b]) => b.last - a.last)
    const sessions = all.slice(0, MAX_LISTED).map(([session, { agent, opened, first, last }]) => ({
      session,
      agent,
      kind: opened ? ('opened' as const) : ('plain' as const),
      mode: this.mode({ session, agent }),
      taint: this.#book.labels(session),
      first_at: new Date(first).toISOString(),
      last_at: new Date(last).toISOString(),
    }))
    return { mode: this.modeOfAll, common: [...this.#book.common], sessions }
  }

  /** Saves what is known, at the end. */
  close(): Promise<void> {
    return this.#parts.keeper.save()
  }

  get #book(): Book {
    return this.#parts.keeper.book
  }

  /** A call that asks to be held to another mode is held to the budgets of both. */
  #budgetsFor(session: SessionId, agent: AgentName, capability?: Claims, narrowedTo?: SessionMode): Budget[] {
    const { agentDay, day, session: byMode } = this.#parts.budgets
    const own = byMode[this.mode({ session, agent })]
    return [
      { scope: `session:${session}`, limits: narrowedTo === undefined ? own : least(own, byMode[narrowedTo]) },
      { scope: `agent:${agent}`, limits: agentDay },
      { scope: 'day', limits: day },
      ...(capability === undefined ? [] : budgetsOf(capability)),
    ]
  }

  /** A capability's limits are in its token, which agentd does not keep. */
  #limitsOf(scope: BudgetScope): Budget['limits'] {
    const { agentDay, day, session } = this.#parts.budgets
    const [kind, name = ''] = scope.split(':')
    if (kind === 'day') return day
    if (kind === 'agent') return agentDay
    if (kind === 'capability') return {}
    const id = name as SessionId
    return session[this.mode({ session: id, agent: this.#book.sessions.get(id)?.agent ?? ('' as AgentName) })]
  }

  /**
   * What a session that carries labels writes carries them too, and so does what is made of marked files. What a secret is
   * known by is its name: under another one it has to carry the label.
   */
  #marks(call: Standee, resources: readonly ToolResource[]): LedgerFacts {
    const written = pathsOf(resources, 'write')
    if (call.caller === 'operator' || written.length === 0) return {}
    const { marks } = this.#book
    const sources = resources.flatMap(({ kind, id }) => (kind === 'path' ? marks.labelsAt(id) : []))
    const renamed =
      resources.some(({ kind, id }) => kind === 'path' && isSecretName(id)) && !written.every(isSecretName)
    return marks.factsToMark(written, [
      ...new Set([...this.labels(call), ...sources, ...(renamed ? [TaintLabel.enum.secret] : [])]),
    ])
  }
}

function pathsOf(resources: readonly ToolResource[], access: ToolResource['access']): string[] {
  return resources.flatMap((resource) => (resource.kind === 'path' && resource.access === access ? [resource.id] : []))
}
