import { type Approval, type ApprovalVerdict, CastellanError } from '@castellan/contracts'
import { APPROVAL_LIFE_MS, type Claim, type Decider } from '../../src/approvals/lifecycle.ts'
import { ApprovalSpec } from './approval-spec.ts'
import { ApprovalsWorld, keyOf, question, ROOT } from './approvals.ts'

/** What can be done to one call's approval, on the real thing and on its specification. */
export interface Step {
  real(run: Run): Promise<string>
  spec(spec: ApprovalSpec): string
  /** While the disk takes nothing: the step is refused, holds in memory, and a crash forgets it. */
  readonly unsaved?: true
  /** Beyond this many times nothing new comes of it. */
  readonly most?: number
}

/** One approval in its world, and the number of times that each limited step was taken. */
export class Run {
  readonly world: ApprovalsWorld
  readonly spec: ApprovalSpec
  readonly taken = new Map<string, number>()
  readonly #needed: number
  #decided: Claim | undefined

  private constructor(world: ApprovalsWorld, needed: number) {
    this.world = world
    this.#needed = needed
    this.spec = new ApprovalSpec(needed, APPROVAL_LIFE_MS)
    this.spec.now = world.now
  }

  static async begin(needed: number): Promise<Run> {
    return new Run(await ApprovalsWorld.open(), needed)
  }

  async ask(): Promise<string> {
    const before = this.world.approvals.list().length
    await this.world.approvals.ask(this.world.claim(), { ...question, needed: this.#needed })
    return this.world.approvals.list().length === before ? 'same' : 'new'
  }

  async decide(verdict: ApprovalVerdict, decider: Decider): Promise<string> {
    return (await this.world.approvals.decide(this.#newest, verdict, decider)).state
  }

  /** An effect happens exactly when this answers `spent`. */
  async spend(change: object = {}): Promise<string> {
    return (await this.world.approvals.spend(this.#newest, { ...this.#claim, ...change })).state
  }

  async withdraw(): Promise<string> {
    return (await this.world.approvals.withdraw(this.#newest, this.world.claim().session)).state
  }

  /** From now on calls come as the policy of this moment decided them, whatever happens to it meanwhile. */
  decideCallsNow(): void {
    this.#decided = this.world.claim()
  }

  get #claim(): Claim {
    return this.#decided ?? this.world.claim()
  }

  get #newest(): Approval['approval_id'] {
    const [newest] = this.world.approvals.list()
    if (newest === undefined) throw new CastellanError('approval_unknown', 'Nothing was asked yet.')
    return newest.approval_id
  }
}

const ann = keyOf('ann')
const bob = keyOf('bob')
const token: Decider = { name: "owner's token", person: 'owner', mayAlways: false }

const decision = (verdict: ApprovalVerdict, decider: Decider): Step => ({
  real: (run) => run.decide(verdict, decider),
  spec: (spec) => spec.decide(verdict, decider),
})

const spend: Step = { real: (run) => run.spend(), spec: (spec) => spec.spend() }
const withdraw: Step = { real: (run) => run.withdraw(), spec: (spec) => spec.withdraw() }
const denyByBob = decision('deny', bob)

/** As agentd does after the act: what waits is told. */
const then = (act: (world: ApprovalsWorld) => void) => async (run: Run) => {
  act(run.world)
  await run.world.approvals.sweep()
  return 'ok'
}

export const steps = {
  ask: { real: (run) => run.ask(), spec: (spec) => spec.ask() },
  approveByAnn: decision('approve', ann),
  approveByBob: decision('approve', bob),
  approveByRoot: decision('approve', ROOT),
  denyByBob,
  alwaysByAnn: { ...decision('always', ann), most: 1 },
  alwaysByToken: decision('always', token),
  spend,
  spendInOtherSession: { real: (run) => run.spend({ session: 'ses_other00000' }), spec: (spec) => spec.mismatch() },
  spendOnOtherArguments: { real: (run) => run.spend({ argsDigest: 'f'.repeat(64) }), spec: (spec) => spec.mismatch() },
  withdraw,
  spendUnsaved: { ...spend, unsaved: true },
  denyUnsaved: { ...denyByBob, unsaved: true },
  withdrawUnsaved: { ...withdraw, unsaved: true },
  revokeAnn: { real: then(({ revoked }) => revoked.add(ann.key)), spec: (spec) => spec.revoke(ann.key) },
  changePolicy: { real: then((world) => world.changePolicy()), spec: (spec) => spec.changePolicy(), most: 1 },
  timePasses: {
    real: then((world) => {
      world.now += APPROVAL_LIFE_MS
    }),
    spec: (spec) => {
      spec.now += APPROVAL_LIFE_MS
      return spec.passTime()
    },
    most: 1,
  },
  crash: {
    real: async ({ world }) => {
      await world.restart()
      return 'ok'
    },
    spec: (spec) => spec.crash(),
  },
} satisfies Record<string, Step>

export type StepName = keyof typeof steps

export const stepNames = Object.keys(steps) as StepName[]

/** How a step ended: the state it led to, the code it was refused with, or `disk` where it could not be saved. */
export async function endOf(step: Step, run: Run): Promise<string> {
  run.world.file.broken = step.unsaved === true
  try {
    return await step.real(run)
  } catch (error) {
    if (error instanceof CastellanError) return error.code
    if (step.unsaved === true) return 'disk'
    throw error
  } finally {
    run.world.file.broken = false
  }
}
