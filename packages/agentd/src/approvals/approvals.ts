import { randomBytes } from 'node:crypto'
import {
  type Approval,
  type ApprovalId,
  type ApprovalVerdict,
  CastellanError,
  type LedgerDraft,
  newId,
  type OperatorKeyId,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import {
  APPROVAL_LIFE_MS,
  type ApprovalFile,
  type ApprovalRecord,
  asksFor,
  atTime,
  type Claim,
  type Decider,
  decided,
  refusalOf,
  shown,
  spent,
} from './lifecycle.ts'
import { Watchers } from './watchers.ts'

/** How long a settled approval can still be asked about, in milliseconds. */
const KEPT_MS = 60 * 60_000
/** Open questions at once, for a session and in all: more than a person can read, few enough to list. */
const MAX_PENDING_PER_SESSION = 32
const MAX_PENDING = 256

export interface ApprovalsParts {
  readonly ledger: Recorder
  readonly file: StateFile<typeof ApprovalFile>
  /** Whether a key is enrolled and not revoked. */
  readonly isEnrolled: (key: OperatorKeyId) => boolean
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
  readonly #records: Map<ApprovalId, ApprovalRecord>
  readonly #changes = new Mutex()
  readonly #watchers = new Watchers<ApprovalId>()
  #timer: NodeJS.Timeout | undefined

  private constructor(parts: ApprovalsParts, records: readonly ApprovalRecord[]) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
    this.#records = new Map(records.map((record) => [record.approval_id, record]))
    this.#setTimer()
  }

  static async open(parts: ApprovalsParts): Promise<Approvals> {
    const saved = await parts.file.load()
    return new Approvals(parts, saved?.approvals ?? [])
  }

  /** Newest first; those settled more than an hour ago are gone. */
  list(): Approval[] {
    return [...this.#records.keys()].map((id) => this.get(id)).toReversed()
  }

  get pending(): number {
    return this.list().filter(({ state }) => state === 'pending').length
  }

  /** Throws `approval_unknown`. */
  get(id: ApprovalId): Approval {
    return shown(atTime(this.#find(id), this.#now()))
  }

  /** The approval once it is no longer pending, or as it is after `seconds`, or when `signal` fires. */
  async wait(id: ApprovalId, seconds: number, signal: AbortSignal): Promise<Approval> {
    const approval = this.get(id)
    if (approval.state !== 'pending' || seconds === 0) return approval
    await this.#watchers.changed(id, seconds * 1000, signal)
    return this.get(id)
  }

  /**
   * Asks a person about a call. Asked again about the very same call, it answers with the same question. Throws
   * `rate_limited` when too many questions are open, `duplicate_call` when the call id asks about something else, and what
   * {@link spent} throws when the question was settled.
   */
  ask(claim: Claim, reason: string): Promise<Approval> {
    return this.#changes.run(async () => {
      const earlier = this.#asked(claim)
      if (earlier !== undefined) return shown(earlier)
      this.#refuseFlood(claim)
      const now = this.#now()
      const record: ApprovalRecord = {
        approval_id: newId('apr'),
        state: 'pending',
        call_id: claim.call_id,
        session: claim.session,
        agent: claim.agent,
        tool: claim.tool,
        effect: claim.effect,
        args: { ...claim.args },
        reason,
        binding: {
          args_digest: claim.argsDigest,
          policy_digest: claim.policyDigest,
          nonce: randomBytes(16).toString('base64url'),
          expires_at: new Date(now + APPROVAL_LIFE_MS).toISOString(),
        },
        requested_at: new Date(now).toISOString(),
      }
      const actor = { kind: 'agent' as const, name: record.agent }
      await this.#write({ ...about(record), type: 'approval_requested', actor }, { args: record.args, reason })
      await this.#put(record)
      return shown(record)
    })
  }

  /** A person's yes or no. Throws `approval_unknown` and what {@link decided} throws. */
  decide(id: ApprovalId, verdict: ApprovalVerdict, decider: Decider): Promise<Approval> {
    return this.#changes.run(async () => {
      const record = decided(this.#find(id), verdict, decider, this.#now())
      const actor = { kind: 'operator' as const, name: decider.name }
      await this.#write({
        ...about(record),
        type: 'approval_decided',
        actor,
        ok: verdict === 'approve',
        ...(decider.key === undefined ? {} : { facts: { key_id: decider.key } }),
      })
      await this.#put(record)
      return shown(record)
    })
  }

  /**
   * Uses up the grant for a call, or answers with the question while it is open. Throws `approval_unknown` and what
   * {@link spent} throws. A crash on the way can lose a grant and never doubles it.
   */
  spend(id: ApprovalId, claim: Claim): Promise<Approval> {
    return this.#changes.run(async () => {
      const before = this.#find(id)
      const record = spent(before, claim, this.#now())
      if (record.state !== 'spent') return shown(record)
      if (before.decided_key !== undefined && !this.#parts.isEnrolled(before.decided_key)) {
        throw new CastellanError('approval_denied', 'The key that approved this call was revoked since. Ask again.')
      }
      await this.#put(record)
      await this.#write({ ...about(record), type: 'grant_spent', actor: { kind: 'agent', name: record.agent } })
      return shown(record)
    })
  }

  /** Ends what its time ended: whoever waits is told, and the ledger too. A timer does this when it is due. */
  async sweep(): Promise<void> {
    await this.#changes.run(async () => {
      for (const record of this.#records.values()) {
        const current = atTime(record, this.#now())
        if (current.state === record.state) continue
        await this.#put(current).catch((error: unknown) => this.#parts.log.error({ err: error }, 'approvals not saved'))
        await this.#write({
          ...about(current),
          type: 'approval_expired',
          actor: { kind: 'system', name: 'agentd' },
        }).catch((error: unknown) => this.#parts.log.error({ err: error }, 'an expiry was not recorded'))
      }
    })
    this.#setTimer()
  }

  /** Answers all who wait and stops the clock. */
  close(): void {
    clearTimeout(this.#timer)
    this.#watchers.close()
  }

  #find(id: ApprovalId): ApprovalRecord {
    const record = this.#records.get(id)
    if (record !== undefined) return record
    throw new CastellanError(
      'approval_unknown',
      `There is no approval ${id}. It may have been settled more than an hour ago; ask again with a new call_id.`,
    )
  }

  #asked(claim: Claim): ApprovalRecord | undefined {
    const found = [...this.#records.values()].find(({ call_id }) => call_id === claim.call_id)
    if (found === undefined) return undefined
    if (!asksFor(found, claim)) {
      const message = `The call ${claim.call_id} asks for an approval of something else. Use a new call_id for another call.`
      throw new CastellanError('duplicate_call', message)
    }
    const record = atTime(found, this.#now())
    if (record.state !== 'pending' && record.state !== 'approved') throw refusalOf(record)
    return record
  }

  #refuseFlood({ session }: Claim): void {
    const pending = this.list().filter(({ state }) => state === 'pending')
    const ofSession = pending.filter((approval) => approval.session === session).length
    if (pending.length < MAX_PENDING && ofSession < MAX_PENDING_PER_SESSION) return
    throw new CastellanError('rate_limited', 'Too many calls already wait for a person. Wait until some are decided.', {
      retryAfterSeconds: 60,
    })
  }

  async #write(draft: LedgerDraft, payload?: Record<string, unknown>): Promise<void> {
    await this.#parts.ledger.append(draft, payload)
  }

  /** The change holds from here on, also when the file cannot be written: then the caller is refused. */
  async #put(record: ApprovalRecord): Promise<void> {
    this.#records.set(record.approval_id, record)
    this.#forgetOld()
    this.#watchers.notify(record.approval_id)
    this.#setTimer()
    await this.#parts.file.save({ version: 1, approvals: [...this.#records.values()] })
  }

  #forgetOld(): void {
    const now = this.#now()
    for (const [id, { binding }] of this.#records) {
      if (now > Date.parse(binding.expires_at) + KEPT_MS) this.#records.delete(id)
    }
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    const open = [...this.#records.values()].filter(({ state }) => state === 'pending' || state === 'approved')
    if (open.length === 0) return
    const next = Math.min(...open.map(({ binding }) => Date.parse(binding.expires_at)))
    this.#timer = setTimeout(() => void this.sweep(), Math.max(0, next - this.#now()))
    this.#timer.unref()
  }
}

function about(record: ApprovalRecord) {
  return {
    session: record.session,
    call_id: record.call_id,
    approval_id: record.approval_id,
    tool: record.tool,
    effect: record.effect,
  }
}
