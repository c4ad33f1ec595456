import { expect, test } from 'vitest'
import type { Claim } from '../../src/approvals/lifecycle.ts'
import { ApprovalsWorld, keyOf, ROOT, RULE } from '../support/approvals.ts'

const ann = keyOf('ann')
const bob = keyOf('bob')
const annsPhone = keyOf('ann', 'annsphone')

test.each<[string, Partial<Record<keyof Claim, unknown>>]>([
  ['caller', { caller: 'operator' }],
  ['agent', { agent: 'other' }],
  ['session', { session: 'ses_other00000' }],
  ['call', { call_id: 'call_other00000' }],
  ['tool', { tool: 'test_other' }],
  ['set of arguments', { argsDigest: 'f'.repeat(64) }],
])('a grant is no good for another %s', async (_, change) => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  await world.approvals.decide(id, 'approve', ROOT)
  await expect(world.approvals.spend(id, world.claim(change))).rejects.toMatchObject({ code: 'approval_mismatch' })
  expect(world.approvals.get(id).state).toBe('approved')
})

test('a new policy makes questions and unused grants void, and the same call may be asked about again', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  const granted = await world.ask({}, world.claim({ call_id: 'call_11111111' }))
  await world.approvals.decide(granted, 'approve', ROOT)
  world.changePolicy()
  await world.approvals.sweep()
  expect(world.approvals.list().map(({ state, void_because }) => [state, void_because])).toEqual([
    ['void', 'policy_changed'],
    ['void', 'policy_changed'],
  ])
  await expect(world.approvals.decide(id, 'approve', ROOT)).rejects.toMatchObject({ code: 'approval_stale' })
  const late = world.approvals.spend(granted, world.claim({ call_id: 'call_11111111' }))
  await expect(late).rejects.toMatchObject({ code: 'approval_stale' })
  expect(await world.ask()).not.toBe(id)
  expect(world.ledger.types.filter((type) => type === 'approval_void')).toHaveLength(2)
})

test('a call that the policy decided before it changed cannot use a grant of the policy after it', async () => {
  const world = await ApprovalsWorld.open()
  const old = world.claim()
  world.changePolicy()
  const id = await world.ask()
  await world.approvals.decide(id, 'approve', ROOT)
  await expect(world.approvals.spend(id, old)).rejects.toMatchObject({ code: 'approval_stale' })
})

test('deny after approve is a conflict, and so is approve after deny', async () => {
  const world = await ApprovalsWorld.open()
  const yes = await world.ask()
  await world.approvals.decide(yes, 'approve', ROOT)
  await expect(world.approvals.decide(yes, 'deny', ann)).rejects.toMatchObject({
    code: 'conflict',
    message: 'The call was already approved by operator.',
  })
  const no = await world.ask({}, world.claim({ call_id: 'call_11111111' }))
  await world.approvals.decide(no, 'deny', ann)
  await expect(world.approvals.decide(no, 'approve', ROOT)).rejects.toMatchObject({ code: 'conflict' })
})

test('where two people have to agree, two keys of one person count once', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask({ needed: 2 })
  expect(await world.approvals.decide(id, 'approve', ann)).toMatchObject({
    state: 'pending',
    needed: 2,
    votes: [{ by: 'ann', person: 'ann' }],
  })
  await expect(world.approvals.decide(id, 'approve', annsPhone)).rejects.toMatchObject({ code: 'approval_same_person' })
  expect((await world.approvals.spend(id, world.claim())).state).toBe('pending')
  expect(await world.approvals.decide(id, 'approve', bob)).toMatchObject({
    state: 'approved',
    decided_by: 'ann and bob',
  })
  expect((await world.approvals.spend(id, world.claim())).state).toBe('spent')
})

test("root and the owner's token are one person", async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask({ needed: 2 })
  await world.approvals.decide(id, 'approve', ROOT)
  const token = { name: "owner's token", person: 'owner', mayAlways: false }
  await expect(world.approvals.decide(id, 'approve', token)).rejects.toMatchObject({ code: 'approval_same_person' })
})

test('the first yes of two can be followed by a no, which ends it', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask({ needed: 2 })
  await world.approvals.decide(id, 'approve', ann)
  expect((await world.approvals.decide(id, 'deny', ann)).state).toBe('denied')
  await expect(world.approvals.decide(id, 'approve', bob)).rejects.toMatchObject({ code: 'conflict' })
})

test('revoking a key takes back its yes of two, so that two others have to agree', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask({ needed: 2 })
  await world.approvals.decide(id, 'approve', ann)
  world.revoked.add(ann.key)
  await world.approvals.sweep()
  expect(world.approvals.get(id)).toMatchObject({ state: 'pending', votes: [] })
  await world.approvals.decide(id, 'approve', bob)
  expect(world.approvals.get(id).state).toBe('pending')
  await expect(world.approvals.decide(id, 'approve', ann)).rejects.toMatchObject({ code: 'operator_unknown' })
})

test('revoking a key makes void what it approved and nobody used', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  await world.approvals.decide(id, 'approve', ann)
  world.revoked.add(ann.key)
  await world.approvals.sweep()
  expect(world.approvals.get(id)).toMatchObject({ state: 'void', void_because: 'key_revoked' })
  await expect(world.approvals.spend(id, world.claim())).rejects.toMatchObject({ code: 'approval_revoked' })
})

test('what was withdrawn cannot be approved, and only the session that asked withdraws', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  const { session } = world.claim()
  await expect(world.approvals.withdraw(id, 'ses_other00000' as never)).rejects.toMatchObject({ code: 'forbidden' })
  expect((await world.approvals.withdraw(id, session)).state).toBe('withdrawn')
  expect((await world.approvals.withdraw(id, session)).state).toBe('withdrawn')
  await expect(world.approvals.decide(id, 'approve', ROOT)).rejects.toMatchObject({ code: 'approval_withdrawn' })
  await expect(world.approvals.spend(id, world.claim())).rejects.toMatchObject({ code: 'approval_withdrawn' })
  await expect(world.ask()).rejects.toMatchObject({ code: 'approval_withdrawn' })
  expect(world.ledger.types).toEqual(['approval_requested', 'approval_withdrawn'])
})

test('a yes that was not used yet can be withdrawn, a used one cannot', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  await world.approvals.decide(id, 'approve', ROOT)
  expect((await world.approvals.withdraw(id, world.claim().session)).state).toBe('withdrawn')
  const used = await world.ask({}, world.claim({ call_id: 'call_11111111' }))
  await world.approvals.decide(used, 'approve', ROOT)
  await world.approvals.spend(used, world.claim({ call_id: 'call_11111111' }))
  expect((await world.approvals.withdraw(used, world.claim().session)).state).toBe('spent')
})

test('"always" puts the rule in force that was shown, agrees to this call, and makes other open questions void', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  const other = await world.ask({}, world.claim({ call_id: 'call_11111111' }))
  expect((await world.approvals.decide(id, 'always', ann)).state).toBe('approved')
  expect(world.rules).toEqual([RULE])
  expect(world.approvals.get(other).state).toBe('void')
  expect((await world.approvals.spend(id, world.claim())).state).toBe('spent')
})

test.each([
  [
    'there is no such rule',
    { always: { possible: false as const, reason: 'bash runs anything.' } },
    ann,
    'approval_no_rule',
  ],
  ['two people have to agree', { needed: 2 }, ann, 'approval_no_rule'],
  ["the owner's token asks for it", {}, { name: "owner's token", person: 'owner', mayAlways: false }, 'forbidden'],
])('"always" is refused where %s, and decides nothing', async (_, changes, decider, code) => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask(changes)
  await expect(world.approvals.decide(id, 'always', decider)).rejects.toMatchObject({ code })
  expect(world.rules).toEqual([])
  expect(world.approvals.get(id)).toMatchObject({ state: 'pending', votes: [] })
})

test('a yes that was given ahead is good for the next such call, once', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask({ ahead: true })
  await world.approvals.decide(id, 'approve', ROOT)
  const call = world.claim({ call_id: 'call_11111111' })
  expect(world.approvals.earlier(call)).toMatchObject({ approval_id: id, state: 'approved', ahead: true })
  expect(world.approvals.earlier(world.claim({ call_id: 'call_22222222', argsDigest: 'f'.repeat(64) }))).toBeUndefined()
  expect((await world.approvals.spend(id, call)).state).toBe('spent')
  await expect(world.approvals.spend(id, world.claim({ call_id: 'call_22222222' }))).rejects.toMatchObject({
    code: 'approval_spent',
  })
})

test('many large questions keep nobody from asking once they are settled, and always fit into one answer', async () => {
  const world = await ApprovalsWorld.open()
  const large = (n: number) => world.claim({ call_id: `call_large${n}00000`, args: { content: 'ü'.repeat(120_000) } })
  for (let n = 100; n < 140; n += 1) {
    const id = await world.ask({}, large(n))
    await world.approvals.decide(id, 'deny', ROOT)
  }
  const bytes = Buffer.byteLength(JSON.stringify(world.approvals.list()))
  expect(bytes).toBeGreaterThan(6 * 1024 * 1024)
  expect(bytes).toBeLessThan(9 * 1024 * 1024)
})

test('large questions that stay open are refused before a list of them is too long', async () => {
  const world = await ApprovalsWorld.open()
  const large = (n: number) => world.claim({ call_id: `call_large${n}00000`, args: { content: 'x'.repeat(250_000) } })
  const asked = async () => {
    for (let n = 100; n < 140; n += 1) await world.ask({}, large(n))
  }
  await expect(asked()).rejects.toMatchObject({ code: 'rate_limited' })
  expect(world.approvals.list().length).toBeLessThan(32)
})

test('one yes is not enough for a call that takes two by now, and the call may be asked about anew', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  await world.approvals.decide(id, 'approve', ROOT)
  await expect(world.approvals.spend(id, world.claim({ needed: 2 }))).rejects.toMatchObject({ code: 'approval_stale' })
  expect(world.approvals.get(id).state).toBe('void')
  expect(world.ledger.types.at(-1)).toBe('approval_void')
  expect(await world.ask({ needed: 2 }, world.claim({ needed: 2 }))).not.toBe(id)
})
