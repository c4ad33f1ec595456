import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApprovalId, CastellanError, type OperatorKeyId } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { Approvals } from '../../src/approvals/approvals.ts'
import { APPROVAL_LIFE_MS, ApprovalFile, type Claim } from '../../src/approvals/lifecycle.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { MemoryRecorder } from '../support/recorder.ts'

const folder = mkdtempSync(join(tmpdir(), 'cst-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** What should be true of one question, kept beside the real thing. */
interface Expected {
  readonly call: number
  asked: number
  state: 'pending' | 'approved' | 'denied' | 'spent'
  key: OperatorKeyId | undefined
  effects: number
}

type Step =
  | { do: 'ask'; call: number }
  | { do: 'decide'; at: number; verdict: 'approve' | 'deny'; by: 'root' | 'key' }
  | { do: 'spend'; at: number; changed: keyof typeof changes | 'nothing'; times: number }
  | { do: 'wait'; ms: number }
  | { do: 'revoke' }
  | { do: 'restart' }

const changes = {
  caller: { caller: 'operator' },
  agent: { agent: 'other' },
  session: { session: 'ses_other00000' },
  call_id: { call_id: 'call_other00000' },
  tool: { tool: 'test_other' },
  arguments: { argsDigest: 'f'.repeat(64) },
  policy: { policyDigest: 'e'.repeat(64) },
} as const

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), call: fc.nat(3) }),
  fc.record({
    do: fc.constant('decide' as const),
    at: fc.nat(5),
    verdict: fc.constantFrom('approve' as const, 'approve' as const, 'deny' as const),
    by: fc.constantFrom('root' as const, 'key' as const),
  }),
  fc.record({
    do: fc.constant('spend' as const),
    at: fc.nat(5),
    changed: fc.constantFrom('nothing', 'nothing', 'nothing', ...(Object.keys(changes) as (keyof typeof changes)[])),
    times: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    do: fc.constant('wait' as const),
    ms: fc.constantFrom(1, 60_000, APPROVAL_LIFE_MS / 2, APPROVAL_LIFE_MS),
  }),
  fc.record({ do: fc.constant('revoke' as const) }),
  fc.record({ do: fc.constant('restart' as const) }),
)

const theKey = 'opk_000000000000' as OperatorKeyId

test('no sequence of questions, answers, uses, restarts and time has an effect without its own fresh yes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const world = await World.open()
      for (const next of steps) await world.take(next)
      world.close()
      for (const expected of world.questions.values()) expect(expected.effects).toBeLessThanOrEqual(1)
    }),
    { numRuns: 150 },
  )
}, 60_000)

class World {
  readonly questions = new Map<ApprovalId, Expected>()
  readonly #ledger = new MemoryRecorder()
  readonly #file = new StateFile(join(folder, `${files++}.json`), ApprovalFile)
  #approvals!: Approvals
  #now = Date.parse('2026-01-01T00:00:00.000Z')
  #enrolled = true

  static async open(): Promise<World> {
    const world = new World()
    await world.#open()
    return world
  }

  close(): void {
    this.#approvals.close()
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'ask':
        return this.#ask(next.call)
      case 'decide':
        return this.#decide(next)
      case 'spend':
        return this.#spend(next)
      case 'wait':
        this.#now += next.ms
        return
      case 'revoke':
        this.#enrolled = false
        return
      case 'restart':
        this.#approvals.close()
        return this.#open()
    }
  }

  async #open(): Promise<void> {
    this.#approvals = await Approvals.open({
      ledger: this.#ledger,
      file: this.#file,
      isEnrolled: () => this.#enrolled,
      log: createLogger({ name: 'test', file: '/dev/null' }),
      now: () => this.#now,
    })
  }

  async #ask(call: number): Promise<void> {
    const earlier = [...this.questions].find(([, expected]) => expected.call === call)
    const code = await outcomeOf(this.#approvals.ask(claimOf(call), 'Because.'), (approval) => {
      if (earlier === undefined) {
        this.questions.set(approval.approval_id, {
          call,
          asked: this.#now,
          state: 'pending',
          key: undefined,
          effects: 0,
        })
      } else {
        expect(approval.approval_id).toBe(earlier[0])
      }
    })
    const open =
      earlier === undefined || (!this.#late(earlier[1]) && ['pending', 'approved'].includes(earlier[1].state))
    // A question that was settled more than an hour ago is forgotten; the ledger's call ids take over from there.
    if (!open && code === 'ok') throw new Error('a settled question was opened again')
    if (open) expect(code).toBe('ok')
  }

  async #decide({ at, verdict, by }: Extract<Step, { do: 'decide' }>): Promise<void> {
    const [id, expected] = this.#pick(at)
    if (id === undefined || expected === undefined) return
    const decider = by === 'key' ? { name: 'laptop', key: theKey } : { name: 'operator' }
    const code = await outcomeOf(this.#approvals.decide(id, verdict, decider))
    const legal = expected.state === 'pending' && !this.#late(expected)
    expect(code === 'ok').toBe(legal)
    if (!legal) return
    expected.state = verdict === 'approve' ? 'approved' : 'denied'
    expected.key = by === 'key' ? theKey : undefined
  }

  async #spend({ at, changed, times }: Extract<Step, { do: 'spend' }>): Promise<void> {
    const [id, expected] = this.#pick(at)
    if (id === undefined || expected === undefined) return
    const claim = { ...claimOf(expected.call), ...(changed === 'nothing' ? {} : changes[changed]) } as Claim
    const codes = await Promise.all(
      Array.from({ length: times }, () =>
        outcomeOf(this.#approvals.spend(id, claim), ({ state }) => {
          if (state === 'spent') expected.effects += 1
        }),
      ),
    )
    if (changed !== 'nothing') return expect(new Set(codes)).toEqual(new Set(['approval_mismatch']))
    if (this.#late(expected) && expected.state !== 'denied' && expected.state !== 'spent') {
      return expect(new Set(codes)).toEqual(new Set(['approval_expired']))
    }
    if (expected.state === 'approved') {
      const void_ = expected.key !== undefined && !this.#enrolled
      if (void_) return expect(new Set(codes)).toEqual(new Set(['approval_denied']))
      expect(codes.filter((code) => code === 'ok')).toHaveLength(1)
      expect(codes.filter((code) => code === 'approval_spent')).toHaveLength(times - 1)
      expected.state = 'spent'
      return
    }
    const code = { pending: 'ok', denied: 'approval_denied', spent: 'approval_spent' }[expected.state]
    expect(new Set(codes)).toEqual(new Set([code]))
  }

  #late({ asked }: Expected): boolean {
    return this.#now >= asked + APPROVAL_LIFE_MS
  }

  #pick(at: number): [ApprovalId?, Expected?] {
    const all = [...this.questions].filter(([, { asked }]) => this.#now < asked + APPROVAL_LIFE_MS + 60 * 60_000)
    return all.length === 0 ? [] : (all[at % all.length] as [ApprovalId, Expected])
  }
}

function claimOf(call: number): Claim {
  return {
    caller: 'agent',
    agent: 'main',
    session: 'ses_0123456789',
    call_id: `call_0000000${call}`,
    tool: 'test_note',
    effect: 'change',
    args: { call },
    argsDigest: String(call).repeat(64),
    policyDigest: 'a'.repeat(64),
  } as unknown as Claim
}

async function outcomeOf<T>(promise: Promise<T>, use: (value: T) => void = () => undefined): Promise<string> {
  try {
    use(await promise)
    return 'ok'
  } catch (error) {
    if (error instanceof CastellanError) return error.code
    throw error
  }
}
