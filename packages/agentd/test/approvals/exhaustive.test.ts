import { expect, test } from 'vitest'
import { APPROVAL_LIFE_MS } from '../../src/approvals/lifecycle.ts'
import { endOf, Run, type Step, type StepName, stepNames, steps } from '../support/approval-steps.ts'

/*
 * Every state that one call's approval can get into, by whatever order of steps, found by breadth-first search over the
 * real `Approvals`; in each of them every step is tried. What holds in all of them:
 *
 *  - every step ends as the specification in `approval-spec.ts` says, with that state or that code;
 *  - an effect has its own fresh yes of enough different people, none of them by a revoked key, under the policy in
 *    force, in time, for exactly its call, which is neither denied nor withdrawn; and a yes has one effect at most;
 *  - a crash keeps all that was answered, and forgets only what could not be saved;
 *  - two steps at once end as they would one after the other, in one of the two orders.
 */

test.each([1, 2])(
  'in every reachable state every step ends as it should, where %i people have to agree',
  async (needed) => {
    const states = await explore(needed, stepNames, async () => undefined)
    // That the search went somewhere: it ends where no step leads to a state that was not seen.
    expect(states).toBeGreaterThan(500)
  },
)

const racing: StepName[] = [
  'approveByAnn',
  'denyByBob',
  'alwaysByAnn',
  'spend',
  'withdraw',
  'revokeAnn',
  'changePolicy',
]

test('two steps at once end as one after the other, in every reachable state', async () => {
  const calm = stepNames.filter((name) => !name.endsWith('Unsaved') && name !== 'timePasses')
  await explore(1, calm, async (path) => {
    for (const [at, first] of racing.entries()) {
      for (const second of racing.slice(at)) {
        const together = await outcome(path, (run) =>
          Promise.all([endOf(steps[first], run), endOf(steps[second], run)]),
        )
        const oneWay = await outcome(path, async (run) => [
          await endOf(steps[first], run),
          await endOf(steps[second], run),
        ])
        const other = await outcome(path, async (run) => {
          const late = await endOf(steps[second], run)
          return [await endOf(steps[first], run), late]
        })
        expect([oneWay, other], `${[...path, `${first} beside ${second}`].join(', ')}`).toContainEqual(together)
      }
    }
  })
})

/** Walks over all states and calls `visit` with a way to each. Answers how many there are. */
async function explore(
  needed: number,
  names: readonly StepName[],
  visit: (path: readonly StepName[]) => Promise<void>,
): Promise<number> {
  const seen = new Set<string>()
  let frontier: StepName[][] = [[]]
  while (frontier.length > 0) {
    const next: StepName[][] = []
    for (const path of frontier) {
      for (const name of names) {
        const longer = [...path, name]
        const run = await Run.begin(needed)
        let ended = true
        for (const step of longer) ended = await take(step, run, longer)
        const state = fingerprint(run)
        run.world.approvals.close()
        if (!ended || seen.has(state)) continue
        seen.add(state)
        next.push(longer)
        await visit(longer)
      }
    }
    frontier = next
  }
  return seen.size
}

/** One step on the real thing and on the specification. False where it was taken as often as is of interest. */
async function take(name: StepName, run: Run, path: readonly StepName[]): Promise<boolean> {
  const step: Step = steps[name]
  const times = (run.taken.get(name) ?? 0) + 1
  if (times > (step.most ?? Number.POSITIVE_INFINITY)) return false
  if (step.most !== undefined) run.taken.set(name, times)
  const { file } = run.world
  const saves = file.saves
  const ended = await endOf(step, run)
  const should = step.spec(run.spec)
  if (ended !== 'disk') expect(ended, path.join(', ')).toBe(should)
  else expect(['denied', 'spent', 'withdrawn'], path.join(', ')).toContain(should)
  if (file.saves > saves) run.spec.save()
  if (name.startsWith('spend') && ended === 'spent') checkEffect(run, path)
  return true
}

/** An effect happened just now. */
function checkEffect({ spec, world }: Run, path: readonly StepName[]): void {
  const facts = spec.current
  if (facts === undefined) throw new Error('an effect without a question')
  facts.effects += 1
  const why = path.join(', ')
  expect(facts.effects, why).toBe(1)
  expect(new Set(facts.votes.map(({ person }) => person)).size, why).toBe(spec.needed)
  expect(
    facts.votes.some(({ key }) => key !== undefined && world.revoked.has(key)),
    why,
  ).toBe(false)
  expect(world.now, why).toBeLessThan(facts.askedAt + APPROVAL_LIFE_MS)
  expect(facts.policy, why).toBe(spec.policy)
}

/** Tells this state from others, after holding the real thing against the specification. */
function fingerprint({ spec, world, taken }: Run): string {
  const real = world.approvals.list().toReversed()
  expect(real.map(({ state, votes }) => [state, votes.map(({ person }) => person)])).toEqual(
    spec.questions.map(({ state, votes }) => [state, votes.map(({ person }) => person)]),
  )
  expect(world.rules).toHaveLength(spec.rules)
  // Of questions before the newest nothing can come any more: they are void, or it would not have been asked.
  const now = [spec.questions.at(-1), spec.saved.at(-1), spec.questions.length - spec.saved.length]
  const plain = (key: string, value: unknown) => (key === 'askedAt' || key === 'policy' ? undefined : value)
  return JSON.stringify([...now, [...spec.revoked], spec.rules, [...taken].toSorted()], plain)
}

/** What comes of some steps after a path: their ends, and what is left. */
async function outcome(path: readonly StepName[], act: (run: Run) => Promise<string[]>): Promise<unknown> {
  const run = await Run.begin(1)
  for (const step of path) await take(step, run, path)
  run.decideCallsNow()
  const ends = await act(run)
  const left = run.world.approvals.list().map(({ state, votes }) => [state, votes.length])
  run.world.approvals.close()
  return { ends, left, rules: run.world.rules.length }
}
