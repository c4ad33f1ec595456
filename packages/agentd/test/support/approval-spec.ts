import type { ApprovalState, OperatorKeyId } from '@castellan/contracts'
import type { Decider } from '../../src/approvals/lifecycle.ts'

/** What should be true of one question. */
export interface Facts {
  readonly askedAt: number
  /** The policy under which a yes counts. */
  policy: number
  state: ApprovalState
  because?: 'policy_changed' | 'key_revoked'
  votes: { person: string; key: OperatorKeyId | undefined }[]
  /** Effects that happened in its name. */
  effects: number
}

const ENDED: Partial<Record<ApprovalState, string>> = {
  denied: 'approval_denied',
  expired: 'approval_expired',
  withdrawn: 'approval_withdrawn',
  spent: 'approval_spent',
}

/**
 * The rules of an approval written down a second time, as plainly as they can be, to hold the real thing against. Each
 * method says how the step must end: with `ok` or a state, or refused with a code.
 */
export class ApprovalSpec {
  questions: Facts[] = []
  /** What would be left after a crash. */
  saved: Facts[] = []
  readonly revoked = new Set<OperatorKeyId>()
  now = 0
  policy = 0
  rules = 0
  readonly needed: number
  readonly #lifeMs: number

  constructor(needed: number, lifeMs: number) {
    this.needed = needed
    this.#lifeMs = lifeMs
  }

  get current(): Facts | undefined {
    return this.questions.at(-1)
  }

  ask(): string {
    this.passTime()
    const { current } = this
    if (current !== undefined && current.state !== 'void') {
      return current.state === 'pending' || current.state === 'approved' ? 'same' : (ENDED[current.state] as string)
    }
    this.questions.push({ askedAt: this.now, policy: this.policy, state: 'pending', votes: [], effects: 0 })
    return 'new'
  }

  decide(verdict: 'approve' | 'deny' | 'always', { key, person, mayAlways }: Decider): string {
    this.passTime()
    const { current } = this
    if (current === undefined) return 'approval_unknown'
    if (current.state === 'approved' || current.state === 'denied') return 'conflict'
    if (current.state !== 'pending') return this.#ending(current)
    if (key !== undefined && this.revoked.has(key)) return 'operator_unknown'
    if (verdict === 'deny') {
      current.state = 'denied'
      return 'denied'
    }
    if (current.votes.some((vote) => vote.person === person)) return 'approval_same_person'
    if (verdict === 'always' && this.needed > 1) return 'approval_no_rule'
    if (verdict === 'always' && !mayAlways) return 'forbidden'
    current.votes.push({ person, key })
    if (current.votes.length === this.needed) current.state = 'approved'
    if (verdict === 'always') {
      this.rules += 1
      this.changePolicy(current)
    }
    return current.state
  }

  spend(): string {
    this.passTime()
    const { current } = this
    if (current === undefined) return 'approval_unknown'
    if (current.state === 'pending') return 'pending'
    if (current.state !== 'approved') return this.#ending(current)
    current.state = 'spent'
    return 'spent'
  }

  /** For a call that is not the one that was asked about, in whatever state. */
  mismatch(): string {
    return this.current === undefined ? 'approval_unknown' : 'approval_mismatch'
  }

  withdraw(): string {
    this.passTime()
    const { current } = this
    if (current === undefined) return 'approval_unknown'
    if (current.state === 'pending' || current.state === 'approved') current.state = 'withdrawn'
    return current.state
  }

  revoke(key: OperatorKeyId): string {
    this.passTime()
    this.revoked.add(key)
    for (const facts of this.questions) {
      const kept = facts.votes.filter((vote) => vote.key !== key)
      if (kept.length === facts.votes.length) continue
      if (facts.state === 'approved') Object.assign(facts, { state: 'void', because: 'key_revoked' })
      if (facts.state === 'pending') facts.votes = kept
    }
    return 'ok'
  }

  changePolicy(author?: Facts): string {
    this.passTime()
    this.policy += 1
    if (author !== undefined) author.policy = this.policy
    this.#voidOutdated()
    return 'ok'
  }

  save(): void {
    this.saved = structuredClone(this.questions)
  }

  crash(): string {
    const { questions } = this
    this.questions = structuredClone(this.saved)
    // What happened has happened, whatever the disk remembers; and the revocations and rules lie elsewhere.
    for (const [at, facts] of this.questions.entries()) facts.effects = questions[at]?.effects ?? 0
    this.passTime()
    this.#voidOutdated()
    for (const key of this.revoked) this.revoke(key)
    this.save()
    return 'ok'
  }

  /** What time ended. */
  passTime(): string {
    for (const facts of this.questions) {
      const open = facts.state === 'pending' || facts.state === 'approved'
      if (open && this.now >= facts.askedAt + this.#lifeMs) facts.state = 'expired'
    }
    return 'ok'
  }

  #voidOutdated(): void {
    for (const facts of this.questions) {
      const open = facts.state === 'pending' || facts.state === 'approved'
      if (open && facts.policy !== this.policy) Object.assign(facts, { state: 'void', because: 'policy_changed' })
    }
  }

  #ending({ state, because }: Facts): string {
    if (state !== 'void') return ENDED[state] as string
    return because === 'key_revoked' ? 'approval_revoked' : 'approval_stale'
  }
}
