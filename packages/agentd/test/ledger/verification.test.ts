import type { LedgerVerification } from '@castellan/contracts'
import { LedgerVerification as Line } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { verification } from '../../src/ledger/verification.ts'
import { TestAgentd } from '../support/agentd.ts'

async function all(lines: AsyncIterable<LedgerVerification>): Promise<LedgerVerification[]> {
  const told: LedgerVerification[] = []
  for await (const line of lines) told.push(line)
  return told
}

test('agent.sock tells how far a verification is, then what came of it', async () => {
  const agentd = await TestAgentd.start()
  await agentd.call('test_echo')
  const told = await all(agentd.agent.stream('GET', '/v1/ledger/verification', { schema: Line }))
  const size = (await agentd.entries()).length
  expect(told[0]).toEqual({ type: 'progress', checked: 0, of: size })
  expect(told.at(-2)).toEqual({ type: 'progress', checked: size, of: size })
  expect(told.at(-1)).toMatchObject({ type: 'verdict', ok: true, entries: size, checkpoint: 'valid', problem: null })
})

const verdict = { ok: true, entries: 9, root: '', checkpoint: 'valid', durationMs: 1, problem: null } as const

test('progress is told as it is made, and never less than was told before', async () => {
  const step = Promise.withResolvers<void>()
  const ledger = {
    state: () => ({ state: 'ok' as const, size: 9 }),
    verify: async ({ onProgress }: { onProgress?: (checked: number, of: number) => void } = {}) => {
      onProgress?.(4, 9)
      await step.promise
      return verdict
    },
  }
  const lines = verification(ledger, new AbortController().signal)
  expect((await lines.next()).value).toMatchObject({ checked: 4, of: 9 })
  expect((await lines.next()).value).toMatchObject({ checked: 4, of: 9 })
  step.resolve()
  const rest = await all(lines)
  expect(rest.slice(-2)).toMatchObject([{ type: 'progress', checked: 9, of: 9 }, { type: 'verdict' }])
})

test('whoever looks away ends it', async () => {
  let ended: AbortSignal | undefined
  const ledger = {
    state: () => ({ state: 'ok' as const, size: 9 }),
    verify: ({ signal }: { signal?: AbortSignal } = {}) => {
      ended = signal
      return new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
  }
  for await (const { type } of verification(ledger, new AbortController().signal)) if (type === 'progress') break
  expect(ended?.aborted).toBe(true)

  const gone = new AbortController()
  const lines = verification(ledger, gone.signal)
  await lines.next()
  gone.abort(new Error('the client went away'))
  await expect(lines.next()).rejects.toThrow('the client went away')
})
