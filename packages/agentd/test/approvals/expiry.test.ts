import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { APPROVAL_LIFE_MS } from '../../src/approvals/lifecycle.ts'
import { ApprovalsWorld, ROOT } from '../support/approvals.ts'

test('time denies: a question nobody answered ends, who waits for it is told, and the ledger says so', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  const waiting = world.approvals.wait(id, 25, new AbortController().signal)
  world.now += APPROVAL_LIFE_MS
  await world.approvals.sweep()
  expect((await waiting).state).toBe('expired')
  await until('the expiry is recorded', () => world.ledger.types.includes('approval_expired'))
  await expect(world.approvals.decide(id, 'approve', ROOT)).rejects.toMatchObject({ code: 'approval_expired' })
})

test('a yes that nobody used ends with its time', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  await world.approvals.decide(id, 'approve', ROOT)
  world.now += APPROVAL_LIFE_MS
  await expect(world.approvals.spend(id, world.claim())).rejects.toMatchObject({ code: 'approval_expired' })
})

test('what ended while agentd was away is on record before anybody asks', async () => {
  const world = await ApprovalsWorld.open()
  await world.ask()
  world.now += APPROVAL_LIFE_MS
  await world.restart()
  expect(world.ledger.types).toEqual(['approval_requested', 'approval_expired'])
})

test('a decision that cannot be recorded is none', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  world.ledger.broken = true
  await expect(world.approvals.decide(id, 'approve', ROOT)).rejects.toMatchObject({ code: 'ledger_unavailable' })
  expect(world.approvals.get(id).state).toBe('pending')
})

test('a grant whose use cannot be recorded is lost, never doubled', async () => {
  const world = await ApprovalsWorld.open()
  const id = await world.ask()
  await world.approvals.decide(id, 'approve', ROOT)
  world.ledger.broken = true
  await expect(world.approvals.spend(id, world.claim())).rejects.toMatchObject({ code: 'ledger_unavailable' })
  world.ledger.broken = false
  await expect(world.approvals.spend(id, world.claim())).rejects.toMatchObject({ code: 'approval_spent' })
})
