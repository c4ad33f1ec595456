import { createLogger } from '@castellan/daemon'
import { expect, test } from 'vitest'
import type { Call } from '../../src/calls/call.ts'
import type { CallParts } from '../../src/calls/path.ts'
import type { Plan } from '../../src/calls/plan.ts'
import { record } from '../../src/calls/record.ts'
import { refusal, request } from '../support/agentd.ts'
import { MemoryRecorder } from '../support/recorder.ts'
import { testTools } from '../support/tools.ts'

test('a call whose outcome cannot be recorded is not answered as done', async () => {
  const ledger = new MemoryRecorder()
  ledger.broken = true
  const sessions = { outcomeFacts: () => ({}) }
  const parts = { ledger, sessions, log: createLogger({ name: 'agentd', file: '/dev/null' }) } as unknown as CallParts
  const call = { ...request('test_echo'), caller: 'agent', name: 'test_echo', tool: testTools[0] } as unknown as Call
  const report = {
    result: { ok: true as const, output: {}, summary: 'Done.' },
    durationMs: 1,
    inverse: undefined,
    target: undefined,
  }
  const error = await refusal(record(parts, call, { resources: [] } as unknown as Plan, 7, { kind: 'policy' }, report))
  expect(error).toMatchObject({ code: 'ledger_unavailable', detail: { intent: 7 } })
  expect(error.message).toContain('See what it did before you repeat it')
})
