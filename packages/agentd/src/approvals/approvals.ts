import {
  type Approval,
  type ApprovalId,
  type ApprovalVerdict,
  CastellanError,
  decisionFacts,
  type LedgerDraft,
  type OperatorKeyId,
  type SessionId,
  type Sha256Hex,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import { ruleToAdd, type StandingRules } from './always.ts'
import { ApprovalBook, type ApprovalStore } from './book.ts'
import { about, actors, endings, factsOf, voidFacts } from './entries.ts'
import { refuseFlood } from './flood.ts'
import {
  type ApprovalRecord,
  asItStands,
  asksFor,
  type Claim,
  type Decider,
  decided,
  isOpen,
  shown,
  spent,
  type World,
  withdrawn,
} from './lifecycle.ts'
import { newRecord, type Question } from './question.ts'
import { refusalOf } from './refusals.ts'

export interface ApprovalsParts {
  readonly ledger: Recorder
  readonly file: ApprovalStore
  /** Whether a key is enrolled and not revoked. */
  readonly isEnrolled: (key: OperatorKeyId) => boolean
  /** Of the policy in force. */
  readonly policyDigest: () => Sha256Hex
  /** Whether the operator has frozen all agents. */
  readonly isFrozen?: () => boolean
  readonly standing: Pick<StandingRules, 'add'>
  readonly log: Log
  /** Milliseconds since 1970; the real clock without it. */
  readonly now?: () => number
}

/**
 * The questions put to people and their answers. One change at a time: a grant is spent by its first use, however many
 * come at once. Every change is in the ledger, and open questions survive a restart.
 */
export class Approvals {
  readonly #parts: ApprovalsParts
  readonly #now: () => number
  readonly #book: ApprovalBook
  readonly #changes = new Mutex()
  #timer: NodeJS.Timeout | undefined

  private constructor(parts: ApprovalsParts, book: ApprovalBook) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
    this.#book = book
    this.#setTimer()
  }

  /** With the questions that were open when agentd stopped. */
  static async open(parts: ApprovalsParts): Promise<Approvals> {
    const approvals = new Approvals(parts, await ApprovalBook.open(parts.file))
    // What ended while agentd was away is put on record before anybody asks.
    await approvals.sweep()
    return approvals
  }

  /** Newest first; those settled more than an hour ago are gone, and of many large ones the oldest. */
  list(): Approval[] {
    return this.#book.records.map((record) => shown(asItStands(record, this.#world()))).toReversed()
  }

  get pending(): number {
    return this.list().filter(({ state }) => state === 'pending').length
  }

  /** Throws `approval_unknown`. */
  get(id: ApprovalId): Approval {
    return shown(asItStands(this.#book.find(id), this.#world()))
  }

  /**
   * The approval once it is no longer pending or has another number of yeses than `votes`, which is what the caller knew
   * last; or as it is after the next change, after `seconds`, or when `signal` fires.
   */
  async wait(id: ApprovalId, seconds: number, signal: AbortSignal, votes?: number): Promise<Approval> {
    const approval = this.get(id)
    const isNews = votes !== undefined && approval.votes.length !== votes
    if (approval.state !== 'pending' || seconds === 0 || isNews) return approval
    await this.#book.changed(id, seconds * 1000, signal)
    return this.get(id)
  }

  /**
   * The open question about this very call, or one that was asked ahead for it. Throws `duplicate_call` when the call id
   * asks about something else, and why the call may not go on when the question was settled.
   */
  earlier(claim: Claim): Approval | undefined {
    const record = this.#asked(claim)
    return record === undefined ? undefined : shown(record)
  }

  /**
   * Asks a person about a call. Asked again about the very same call, it answers with the same question. Throws
   * `rate_limited` when too many questions are open, and what {@link earlier} throws.
   */
  ask(claim: Claim, question: Question): Promise<Approval> {
    return this.#changes.run(async () => {
      const earlier = this.#asked(claim)
      if (earlier !== undefined) return shown(earlier)
      refuseFlood(this.list(), claim)
      const record = newRecord(claim, question, this.#now())
      const actor = { kind: 'agent' as const, name: record.agent }
      const { args, reason, preview } = record
      const { decision } = question
      const prompt = decision === undefined ? {} : { prompt_digest: decision.prompt_digest }
      const payload = { args, reason, ...(preview === undefined ? {} : { preview }), ...prompt }
      const facts = { ...factsOf(record), ...(decision === undefined ? {} : decisionFacts(decision)) }
      await this.#write({ ...about(record), type: 'approval_requested', actor, facts }, payload)
      await this.#put(record)
      return shown(record)
    })
  }

  /**
   * A person's yes or no; `always` also puts the question's standing rule in force. Throws `approval_unknown`,
   * `approval_no_rule`, `forbidden`, and what {@link decided} throws.
   */
  decide(id: ApprovalId, verdict: ApprovalVerdict, decider: Decider): Promise<Approval> {
    return this.#changes.run(async () => {
      const before = this.#book.find(id)
      const record = decided(before, verdict, decider, this.#world())
      const rule = verdict === 'always' ? ruleToAdd(before, decider) : undefined
      if (rule !== undefined) await this.#parts.standing.add(rule, { approval_id: id, by: decider.name })
      await this.#write({
        ...about(record),
        type: 'approval_decided',
        actor: { kind: 'operator', name: decider.name },
        ok: verdict !== 'deny',
        facts: {
          verdict,
          person: decider.person,
          ...(verdict === 'deny' ? {} : { vote: record.votes.length, needed: record.needed }),
          ...(decider.key === undefined ? {} : { key_id: decider.key }),
          ...(rule === undefined || !record.always.possible ? {} : { rule_digest: record.always.digest }),
        },
      })
      const settled = rule === undefined ? record : this.#underNewPolicy(record)
      await this.#put(settled)
      if (rule !== undefined) await this.#settleAll()
      return shown(settled)
    })
  }

  /**
   * Uses up the grant for a call, or answers with the question while it is open. Throws `approval_unknown` and what
   * {@link spent} throws. A crash on the way can lose a grant and never doubles it.
   */
  spend(id: ApprovalId, claim: Claim): Promise<Approval> {
    return this.#changes.run(async () => {
      const record = spent(this.#book.find(id), claim, this.#world())
      if (record.state === 'pending') return shown(record)
      await this.#put(record)
      if (record.state === 'void') throw await this.#voided(record)
      await this.#write({ ...about(record), type: 'grant_spent', actor: { kind: 'agent', name: record.agent } })
      return shown(record)
    })
  }

  /** Whoever asked no longer waits, so nothing may come of a yes. Throws `approval_unknown` and `forbidden`. */
  withdraw(id: ApprovalId, session: SessionId): Promise<Approval> {
    return this.#changes.run(async () => {
      const before = this.#book.find(id)
      const record = withdrawn(before, session, this.#world())
      if (record.state !== 'withdrawn' || before.state === 'withdrawn') return shown(record)
      // In force before it is written down: nothing may run for somebody who has gone.
      await this.#put(record)
      await this.#write({ ...about(record), type: 'approval_withdrawn', actor: { kind: 'agent', name: record.agent } })
      return shown(record)
    })
  }

  /**
   * Ends what time, a new policy, an emergency and revoked keys ended: whoever waits is told, and the ledger too. A timer does
   * this when time is due; call it when the policy was loaded, a key was revoked or agents were frozen.
   */
  async sweep(): Promise<void> {
    await this.#changes.run(() => this.#settleAll())
    this.#setTimer()
  }

  /** Answers all who wait and stops the clock. */
  close(): void {
    clearTimeout(this.#timer)
    this.#book.close()
  }

  #world(): World {
    const { policyDigest, isEnrolled, isFrozen } = this.#parts
    return { now: this.#now(), policyDigest: policyDigest(), isEnrolled, frozen: isFrozen?.() ?? false }
  }

  #asked(claim: Claim): ApprovalRecord | undefined {
    const current = this.#book.records.map((record) => asItStands(record, this.#world()))
    // What is void was taken off the table, so the same call may be asked about anew.
    const found = current.findLast(({ call_id, state }) => call_id === claim.call_id && state !== 'void')
    if (found === undefined) return current.find((record) => record.ahead && isOpen(record) && asksFor(record, claim))
    if (!asksFor(found, claim)) {
      const message = `The call ${claim.call_id} asks for an approval of something else. Use a new call_id for another call.`
      throw new CastellanError('duplicate_call', message)
    }
    if (!isOpen(found)) throw refusalOf(found)
    return found
  }

  /** Puts on record that a grant does not hold any more, and answers why. */
  async #voided(record: ApprovalRecord): Promise<CastellanError> {
    await this.#write({ ...about(record), type: 'approval_void', actor: actors.system, facts: voidFacts(record) })
    return refusalOf(record)
  }

  /** Who said "always" agreed to this call under the policy that their own rule made. */
  #underNewPolicy(record: ApprovalRecord): ApprovalRecord {
    return { ...record, binding: { ...record.binding, policy_digest: this.#parts.policyDigest() } }
  }

  async #settleAll(): Promise<void> {
    const { log } = this.#parts
    for (const record of this.#book.records) {
      const current = asItStands(record, this.#world())
      if (current === record) continue
      await this.#put(current).catch((error: unknown) => log.error({ err: error }, 'approvals not saved'))
      const type = endings[current.state]
      if (type === undefined) continue
      const draft = { ...about(current), type, actor: actors.system, facts: voidFacts(current) }
      await this.#write(draft).catch((error: unknown) => log.error({ err: error }, 'an ending was not recorded'))
    }
  }

  async #write(draft: LedgerDraft, payload?: Record<string, unknown>): Promise<void> {
    await this.#parts.ledger.append(draft, payload)
  }

  async #put(record: ApprovalRecord): Promise<void> {
    const saved = this.#book.put(record, this.#now())
    this.#setTimer()
    await saved
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    const { nextEnd } = this.#book
    if (nextEnd === undefined) return
    this.#timer = setTimeout(() => void this.sweep(), Math.max(0, nextEnd - this.#now()))
    this.#timer.unref()
  }
}
