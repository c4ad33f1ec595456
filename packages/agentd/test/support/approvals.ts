import { createHash } from 'node:crypto'
import type { ApprovalId, OperatorKeyId } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { Approvals, type ApprovalsParts } from '../../src/approvals/approvals.ts'
import type { ApprovalStore } from '../../src/approvals/book.ts'
import type { Claim, Decider } from '../../src/approvals/lifecycle.ts'
import type { Question } from '../../src/approvals/question.ts'
import { MemoryRecorder } from './recorder.ts'

export const RULE = 'permit (principal, action == Action::"test_note", resource);'

const log = createLogger({ name: 'test', file: '/dev/null' })

export const question: Question = {
  reason: 'Because.',
  needed: 1,
  taint: [],
  previewed: { preview: { effects: ['It writes a note.'], undo: 'It can be taken back.' } },
  always: { possible: true, rule: RULE, digest: createHash('sha256').update(RULE).digest('hex') },
}

export const ROOT: Decider = { name: 'operator', person: 'owner', mayAlways: true }

export function keyOf(person: string, name = person): Decider & { readonly key: OperatorKeyId } {
  return { name, person, key: `opk_${name.padEnd(12, '0')}` as OperatorKeyId, mayAlways: true }
}

export function claimOf(changes: Partial<Record<keyof Claim, unknown>> = {}): Claim {
  return {
    caller: 'agent',
    agent: 'main',
    session: 'ses_0123456789',
    call_id: 'call_00000000',
    tool: 'test_note',
    effect: 'change',
    args: {},
    argsDigest: '1'.repeat(64),
    policyDigest: 'a'.repeat(64),
    needed: 1,
    ...changes,
  } as unknown as Claim
}

/** Keeps what would be on disk, as JSON, so that nothing is shared with what is in memory. */
export class MemoryFile implements ApprovalStore {
  text: string | undefined
  broken = false
  saves = 0

  async load() {
    return this.text === undefined ? undefined : JSON.parse(this.text)
  }

  async save(value: unknown): Promise<void> {
    if (this.broken) throw new Error('the disk is full')
    this.text = JSON.stringify(value)
    this.saves += 1
  }
}

/** Approvals over memory, in a world that the test moves. */
export class ApprovalsWorld {
  readonly ledger = new MemoryRecorder()
  readonly file = new MemoryFile()
  readonly revoked = new Set<OperatorKeyId>()
  readonly rules: string[] = []
  now = Date.parse('2026-01-01T00:00:00.000Z')
  policyDigest = 'a'.repeat(64)
  approvals!: Approvals

  static async open(): Promise<ApprovalsWorld> {
    const world = new ApprovalsWorld()
    await world.restart()
    return world
  }

  async restart(): Promise<void> {
    this.approvals?.close()
    const parts: ApprovalsParts = {
      ledger: this.ledger,
      file: this.file,
      isEnrolled: (key) => !this.revoked.has(key),
      policyDigest: () => this.policyDigest,
      standing: {
        add: async (rule) => {
          this.rules.push(rule)
          this.changePolicy()
        },
      },
      log,
      now: () => this.now,
    }
    this.approvals = await Approvals.open(parts)
  }

  changePolicy(): void {
    this.policyDigest = createHash('sha256').update(this.policyDigest).digest('hex')
  }

  /** A claim as a call makes it now: under the policy in force. */
  claim(changes: Partial<Record<keyof Claim, unknown>> = {}): Claim {
    return claimOf({ policyDigest: this.policyDigest, ...changes })
  }

  ask(changes: Partial<Question> = {}, claim = this.claim()): Promise<ApprovalId> {
    return this.approvals.ask(claim, { ...question, ...changes }).then(({ approval_id }) => approval_id)
  }
}
