import {
  AgentName,
  BudgetResource,
  BudgetScope,
  type CapabilityId,
  type LedgerEntry,
  type LedgerIndex,
  type SessionId,
  SessionMode,
  TaintLabel,
  ToolName,
} from '@castellan/contracts'
import type { z } from 'zod'
import { type Amounts, amountsOf, minus, nothing, plus } from './amounts.ts'
import type { BookFile, CapabilityRecord, OpenCall } from './book-file.ts'
import { amountIn, capabilitiesIn, labelsIn, scopesOf, spendIn, wordsIn } from './facts.ts'
import { Marks } from './marks.ts'
import { Shelf } from './shelf.ts'

/** Agents with a budget of their own in one day; those named after them share one, so that inventing names gains nothing. */
const MAX_AGENTS = 1024
const OTHERS = AgentName.parse('others')
/** How long an expired capability is still listed, in milliseconds. */
const KEPT_MS = 60 * 60_000
/** Modes that the operator set for single agents and sessions; the oldest goes first. */
const MAX_MODES = 1024

/**
 * What agentd knows of all sessions, as a fold over the ledger: read again from the same entries it is the same. So
 * nothing of it needs a write of its own, and killing agentd takes no label off and gives no budget back.
 */
export class Book {
  readonly sessions = new Shelf()
  readonly marks: Marks
  readonly capabilities = new Map<CapabilityId, CapabilityRecord>()
  /** What all plain sessions carry: every label that anything over agent.sock ever took in. */
  readonly common = new Set<TaintLabel>()
  readonly #modes = new Map<string, SessionMode>()
  readonly #spent = new Map<BudgetScope, Amounts>()
  readonly #raised = new Map<BudgetScope, Amounts>()
  readonly #open = new Map<LedgerIndex, OpenCall>()
  #day = ''
  #size = 0
  #prev: string | null = null

  constructor(marksKey: Buffer, saved?: z.output<typeof BookFile>) {
    this.marks = new Marks(marksKey, saved?.marks)
    if (saved === undefined) return
    this.#size = saved.size
    this.#prev = saved.prev
    this.#day = saved.day
    for (const label of saved.common) this.common.add(label)
    for (const [id, record] of saved.sessions) this.sessions.put(id, record)
    for (const [id, record] of saved.capabilities) this.capabilities.set(id, record)
    for (const [key, mode] of saved.modes) this.#modes.set(key, mode)
    for (const [scope, amounts] of saved.spent) this.#spent.set(scope, amounts)
    for (const [scope, amounts] of saved.raised) this.#raised.set(scope, amounts)
    for (const [index, call] of saved.open) this.#open.set(index, call)
  }

  /** How many entries of the ledger it knows. */
  get size(): number {
    return this.#size
  }

  /** `prev` of the newest of them. */
  get prev(): string | null {
    return this.#prev
  }

  /** Takes note of the next entry. */
  fold(entry: LedgerEntry): void {
    this.#size = entry.index + 1
    this.#prev = entry.prev
    if (entry.type === 'clock_set') this.#day = ''
    this.turnTo(entry.time)
    if (entry.actor.kind === 'agent') this.#foldAgent(entry)
    else if (entry.actor.kind === 'routine') this.#foldRoutine(entry)
    else this.#foldAgentd(entry)
    if (entry.type === 'capability_minted') this.#mint(entry)
    if (entry.type === 'capability_revoked') this.#revoke(entry.facts?.capability)
  }

  /** An entry that cannot be read: what it said about labels is unknown, so all of them are taken to hold. */
  miss(index: LedgerIndex): void {
    this.#size = index + 1
    this.taint(undefined, TaintLabel.options)
    for (const [session] of this.sessions.entries()) this.taint(session, TaintLabel.options)
  }

  /** Begins a new day (UTC) if it is one: budgets of the day before are over. `time` in milliseconds since 1970. */
  turnTo(time: number): void {
    const day = new Date(time).toISOString().slice(0, 10)
    if (day <= this.#day) return
    this.#day = day
    for (const amounts of [this.#spent, this.#raised]) {
      for (const scope of [...amounts.keys()].filter(isDaily)) amounts.delete(scope)
    }
    this.#forgetExpired(time)
  }

  spent(scope: BudgetScope): Amounts {
    return this.#spent.get(this.#counted(scope)) ?? nothing
  }

  raised(scope: BudgetScope): Amounts {
    return this.#raised.get(this.#counted(scope)) ?? nothing
  }

  /** Every scope that anything was spent in. */
  get scopes(): BudgetScope[] {
    return [...this.#spent.keys()]
  }

  /** What a session carries. */
  labels(session: SessionId): TaintLabel[] {
    const record = this.sessions.get(session)
    return record?.opened === true ? [...record.labels] : [...this.common]
  }

  /** The mode that was set for exactly this: a session, its agent, or all. */
  mode(session: SessionId, agent: AgentName): SessionMode | undefined {
    return this.#modes.get(`session:${session}`) ?? this.#modes.get(`agent:${agent}`) ?? this.#modes.get('all')
  }

  get modeOfAll(): SessionMode | undefined {
    return this.#modes.get('all')
  }

  /** Labels stick to the session that took them in, and to all plain ones: what was read once may be told anywhere. */
  taint(session: SessionId | undefined, labels: readonly TaintLabel[]): void {
    for (const label of labels) this.common.add(label)
    const record = session === undefined ? undefined : this.sessions.get(session)
    if (record === undefined) return
    record.labels = [...new Set([...record.labels, ...labels])]
  }

  save(): z.input<typeof BookFile> {
    return {
      version: 1,
      size: this.#size,
      prev: this.#prev,
      day: this.#day,
      modes: [...this.#modes],
      common: [...this.common],
      sessions: [...this.sessions.entries()],
      spent: [...this.#spent],
      raised: [...this.#raised],
      open: [...this.#open],
      capabilities: [...this.capabilities],
      marks: this.marks.save(),
    }
  }

  #foldAgent(entry: LedgerEntry): void {
    const { type, session, index, facts = {} } = entry
    if (session !== undefined) this.#see(session, entry)
    switch (type) {
      case 'intent': {
        const scopes = this.#scopesOf(entry)
        const aside = spendIn(entry)
        this.#charge(scopes, plus(aside, amountsOf({ steps: 1, tool_calls: 1 })))
        this.#open.set(index, { day: this.#day, scopes, wall_ms: aside.wall_ms })
        this.marks.fold(entry)
        return
      }
      case 'outcome':
        this.#settle(entry)
        this.taint(session, labelsIn(facts.taints))
        return
      case 'refused':
      case 'attachments_taken':
      case 'approval_requested':
        this.#charge(this.#scopesOf(entry), amountsOf({ steps: 1 }))
        this.taint(session, labelsIn(facts.taints))
        return
      case 'usage_reported':
        this.#charge(this.#scopesOf(entry), amountsOf({ steps: 1, tokens: amountIn(facts.tokens) }))
        return
    }
  }

  /** Routines have no budgets and read for nobody; what they write may still be an agent's words. */
  #foldRoutine(entry: LedgerEntry): void {
    if (entry.type === 'intent') this.marks.fold(entry)
  }

  /** The operator, and agentd itself. */
  #foldAgentd({ type, session, intent, facts = {}, time }: LedgerEntry): void {
    switch (type) {
      case 'interrupted':
        // What it did is not known; what was set aside for it stays spent.
        if (intent !== undefined) this.#open.delete(intent)
        return
      case 'session_opened':
        if (session === undefined) return
        this.sessions.put(session, {
          agent: nameOf({ name: facts.agent }),
          opened: true,
          labels: [],
          first: time,
          last: time,
        })
        return
      case 'mode_set':
        this.#setMode(String(facts.for), facts.mode)
        return
      case 'taint_cleared':
        if (facts.files === true) this.marks.clear()
        if (session === undefined) this.common.clear()
        else this.sessions.clearLabels(session)
        return
      case 'budget_raised':
        this.#raise(facts.scope, facts.resource, amountIn(facts.by))
        return
    }
  }

  #see(session: SessionId, { actor, time }: LedgerEntry): void {
    const record = this.sessions.get(session) ?? {
      agent: nameOf(actor),
      opened: false,
      labels: [],
      first: time,
      last: time,
    }
    const forgotten = this.sessions.put(session, { ...record, last: time })
    if (forgotten === undefined) return
    this.#spent.delete(`session:${forgotten}`)
    this.#raised.delete(`session:${forgotten}`)
  }

  /** The time that was set aside gives way to the time it took. */
  #settle({ intent, duration_ms }: LedgerEntry): void {
    const call = intent === undefined ? undefined : this.#open.get(intent)
    if (intent === undefined || call === undefined) return
    this.#open.delete(intent)
    const came = amountsOf({ wall_ms: duration_ms ?? 0 })
    // What was set aside on another day is spent there.
    const scopes = call.scopes.filter((scope) => call.day === this.#day || !isDaily(scope))
    for (const scope of scopes)
      this.#spent.set(scope, plus(minus(this.spent(scope), amountsOf({ wall_ms: call.wall_ms })), came))
  }

  #forgetExpired(time: number): void {
    for (const [id, { expires }] of this.capabilities) {
      if (time < expires + KEPT_MS) continue
      this.capabilities.delete(id)
      this.#spent.delete(`capability:${id}`)
      this.#raised.delete(`capability:${id}`)
    }
  }

  #mint({ session, actor, time, facts = {}, ...entry }: LedgerEntry): void {
    const chain = capabilitiesIn({ ...entry, actor, time, facts })
    const id = chain.at(-1)
    if (id === undefined || session === undefined) return
    this.#forgetExpired(time)
    this.capabilities.set(id, {
      ancestors: chain.slice(0, -1),
      session,
      agent: nameOf(actor),
      tools: wordsIn(facts.tools).filter((name): name is ToolName => ToolName.safeParse(name).success),
      expires: amountIn(facts.expires),
      revoked: false,
    })
  }

  /** With all that descend from it. */
  #revoke(fact: unknown): void {
    for (const [id, record] of this.capabilities) {
      if (id === fact || record.ancestors.some((ancestor) => ancestor === fact)) record.revoked = true
    }
  }

  #setMode(key: string, fact: unknown): void {
    const mode = SessionMode.safeParse(fact)
    if (!mode.success) return
    this.#modes.delete(key)
    this.#modes.set(key, mode.data)
    const oldest = [...this.#modes.keys()].find((known) => known !== 'all')
    if (this.#modes.size > MAX_MODES && oldest !== undefined) this.#modes.delete(oldest)
  }

  #raise(whose: unknown, what: unknown, by: number): void {
    const scope = BudgetScope.safeParse(whose)
    const resource = BudgetResource.safeParse(what)
    if (!scope.success || !resource.success) return
    const raised = plus(this.raised(scope.data), amountsOf({ [resource.data]: by }))
    this.#raised.set(this.#counted(scope.data), raised)
  }

  #charge(scopes: readonly BudgetScope[], amounts: Amounts): void {
    for (const scope of scopes) this.#spent.set(scope, plus(this.spent(scope), amounts))
  }

  #scopesOf(entry: LedgerEntry): BudgetScope[] {
    const { session, actor } = entry
    return scopesOf(session, nameOf(actor), capabilitiesIn(entry)).map((scope) => this.#counted(scope))
  }

  /** Under which name a scope is counted. */
  #counted(scope: BudgetScope): BudgetScope {
    if (!scope.startsWith('agent:') || this.#spent.has(scope) || this.#spent.size < MAX_AGENTS) return scope
    const agents = [...this.#spent.keys()].filter((known) => known.startsWith('agent:')).length
    return agents < MAX_AGENTS ? scope : `agent:${OTHERS}`
  }
}

/** An imported ledger may have names that no agent here can have. */
function nameOf({ name }: { readonly name: unknown }): AgentName {
  const agent = AgentName.safeParse(name)
  return agent.success ? agent.data : OTHERS
}

function isDaily(scope: BudgetScope): boolean {
  return scope === 'day' || scope.startsWith('agent:')
}
