import { join } from 'node:path'
import { createLogger } from '@castellan/daemon'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { Approvals } from '../../src/approvals/approvals.ts'
import { APPROVAL_LIFE_MS, ApprovalFile, type Claim } from '../../src/approvals/lifecycle.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { MemoryRecorder } from '../support/recorder.ts'

const claim = {
  caller: 'agent',
  agent: 'main',
  session: 'ses_0123456789',
  call_id: 'call_00000000',
  tool: 'test_note',
  effect: 'change',
  args: {},
  argsDigest: '1'.repeat(64),
  policyDigest: 'a'.repeat(64),
} as unknown as Claim

test('time denies: a question nobody answered ends, who waits for it is told, and the ledger says so', async () => {
  const { approvals, ledger, pass } = await open()
  const { approval_id } = await approvals.ask(claim, 'Because.')
  const waiting = approvals.wait(approval_id, 25, new AbortController().signal)
  await pass(APPROVAL_LIFE_MS)
  expect((await waiting).state).toBe('expired')
  await until('the expiry is recorded', () => ledger.types.includes('approval_expired'))
  await expect(approvals.decide(approval_id, 'approve', { name: 'operator' })).rejects.toMatchObject({
    code: 'approval_expired',
  })
})

test('a yes that nobody used ends with its time', async () => {
  const { approvals, pass } = await open()
  const { approval_id } = await approvals.ask(claim, 'Because.')
  await approvals.decide(approval_id, 'approve', { name: 'operator' })
  await pass(APPROVAL_LIFE_MS)
  await expect(approvals.spend(approval_id, claim)).rejects.toMatchObject({ code: 'approval_expired' })
})

test('a decision that cannot be recorded is none', async () => {
  const { approvals, ledger } = await open()
  const { approval_id } = await approvals.ask(claim, 'Because.')
  ledger.broken = true
  const decision = approvals.decide(approval_id, 'approve', { name: 'operator' })
  await expect(decision).rejects.toMatchObject({ code: 'ledger_unavailable' })
  expect(approvals.get(approval_id).state).toBe('pending')
})

test('a grant whose use cannot be recorded is lost, never doubled', async () => {
  const { approvals, ledger } = await open()
  const { approval_id } = await approvals.ask(claim, 'Because.')
  await approvals.decide(approval_id, 'approve', { name: 'operator' })
  ledger.broken = true
  await expect(approvals.spend(approval_id, claim)).rejects.toMatchObject({ code: 'ledger_unavailable' })
  ledger.broken = false
  await expect(approvals.spend(approval_id, claim)).rejects.toMatchObject({ code: 'approval_spent' })
})

/** Approvals whose clock is moved by the test; `pass` moves it as the timer would. */
async function open() {
  const ledger = new MemoryRecorder()
  const file = new StateFile(join(temporaryFolder(), 'approvals.json'), ApprovalFile)
  let now = Date.parse('2026-01-01T00:00:00.000Z')
  const parts = {
    ledger,
    file,
    isEnrolled: () => true,
    log: createLogger({ name: 'test', file: '/dev/null' }),
    now: () => now,
  }
  const approvals = await Approvals.open(parts)
  const pass = async (ms: number) => {
    now += ms
    await approvals.sweep()
  }
  return { approvals, ledger, pass }
}
