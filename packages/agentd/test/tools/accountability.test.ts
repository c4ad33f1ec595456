import type { LedgerQuery, LedgerRecord } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import type { LedgerVerdict } from '../../src/host/ledger.ts'
import { openMachine, toolByName } from '../support/machine.ts'

const records = [
  {
    entry: {
      v: 1,
      index: 7,
      time: Date.UTC(2026, 10, 21, 9, 30),
      prev: '0'.repeat(64),
      type: 'outcome',
      actor: { kind: 'agent', name: 'keeper' },
      session: 'ses_test00000',
      tool: 'file_write',
      intent: 6,
      ok: true,
      duration_ms: 12,
    },
    payload_state: 'present',
    payload: { summary: 'Created notes.txt with 9 B.', result: { secret: 'not shown' } },
  },
  {
    entry: {
      v: 1,
      index: 6,
      time: 0,
      prev: '0'.repeat(64),
      type: 'intent',
      actor: { kind: 'agent', name: 'keeper' },
      tool: 'file_write',
    },
    payload_state: 'erased',
  },
] as unknown as LedgerRecord[]

async function withLedger(answers: { more?: boolean; records?: LedgerRecord[]; verdict?: Partial<LedgerVerdict> }) {
  const asked: LedgerQuery[] = []
  const machine = await openMachine({
    ledger: {
      query: async (query) => {
        asked.push(query)
        return { records: answers.records ?? records, more: answers.more ?? false }
      },
      verify: async () => ({
        ok: true,
        entries: 12,
        root: 'ab'.repeat(32),
        checkpoint: 'valid',
        durationMs: 3.4,
        problem: null,
        ...answers.verdict,
      }),
      prove: async (index) => ({ index, type: 'intent', proof: `proof of ${index}` }),
    },
  })
  return { machine, asked }
}

describe('ledger_query', () => {
  it('shows entries with their summary and nothing else of their payload', async () => {
    const { machine } = await withLedger({ more: true })
    await using _ = machine
    const { output, summary } = await machine.call('ledger_query')
    expect(output).toMatchObject({ truncated: true, nextBefore: 6 })
    expect(output.entries).toEqual([
      {
        index: 7,
        at: '2026-11-21T09:30:00.000Z',
        type: 'outcome',
        actor: 'keeper',
        tool: 'file_write',
        session: 'ses_test00000',
        ok: true,
        code: null,
        durationMs: 12,
        target: 6,
        summary: 'Created notes.txt with 9 B.',
      },
      expect.objectContaining({ index: 6, type: 'intent', ok: null, summary: null }),
    ])
    expect(JSON.stringify(output)).not.toContain('not shown')
    expect(summary).toBe(
      'The newest 2 entries, 1 finished call among them; the last is number 7 of 2026-11-21 09:30 UTC. ' +
        'The latest: 7 file_write: Created notes.txt with 9 B.',
    )
  })

  it('leads with what was changed or went wrong, where only a time is asked about', async () => {
    const { machine, asked } = await withLedger({})
    await using _ = machine
    const { output, summary } = await machine.call('ledger_query', { since: '2026-11-21T09:00:00Z' })
    const since = Date.UTC(2026, 10, 21, 9)
    expect(asked).toEqual([
      { limit: 100, notable: true, since },
      { limit: 20, since },
    ])
    expect(output.notable).toHaveLength(2)
    expect(summary).toMatch(
      /^Worth a look since 2026-11-21T09:00:00Z: 7 file_write: Created notes\.txt with 9 B\. and 6 file_write intent\. 2 entries since /,
    )
  })

  it('says that nothing changed in a time of looks alone', async () => {
    const looks = await openMachine({
      ledger: {
        query: async ({ notable }) => ({ records: notable === true ? [] : records, more: false }),
        verify: () => Promise.reject(new Error('not asked')),
        prove: () => Promise.reject(new Error('not asked')),
      },
    })
    await using _ = looks
    const { output, summary } = await looks.call('ledger_query', { since: '2026-11-21T09:00:00Z' })
    expect(output.notable).toEqual([])
    expect(summary).toMatch(/^Nothing was changed and nothing went wrong since 2026-11-21T09:00:00Z\. 2 entries since /)
  })

  it('hands its filters to the ledger, times as milliseconds', async () => {
    const { machine, asked } = await withLedger({ records: [] })
    await using _ = machine
    const args = {
      tool: 'file_write',
      agent: 'keeper',
      since: '2026-11-21T09:00:00Z',
      limit: 5,
      before: 100,
      type: 'outcome',
    }
    const { summary } = await machine.call('ledger_query', args)
    expect(asked).toEqual([
      { tool: 'file_write', actor: 'keeper', since: Date.UTC(2026, 10, 21, 9), limit: 5, before: 100, type: 'outcome' },
    ])
    expect(summary).toBe('The ledger has no entries about file_write since 2026-11-21T09:00:00Z.')
  })
})

describe('ledger_verify', () => {
  it('says that the ledger is intact', async () => {
    const { machine } = await withLedger({})
    await using _ = machine
    expect((await machine.call('ledger_verify')).summary).toBe(
      'The ledger is intact: 12 entries, tree head abababababababab…, signature valid, checked in 3 ms.',
    )
  })

  it('names the first bad entry', async () => {
    const { machine } = await withLedger({
      verdict: { ok: false, problem: { index: 5, message: 'its hash is not that of its bytes' } },
    })
    await using _ = machine
    const { output, summary } = await machine.call('ledger_verify')
    expect(output.ok).toBe(false)
    expect(summary).toBe(
      'The ledger is damaged at entry 5: its hash is not that of its bytes. Stop changing things, and look at it with agentctl verify-ledger.',
    )
  })
})

it('ledger_prove hands on the proof and says how it is checked', async () => {
  const { machine } = await withLedger({})
  const { output, summary } = await machine.call('ledger_prove', { index: 3 })
  expect(output).toEqual({ index: 3, type: 'intent', proof: 'proof of 3' })
  expect(summary).toContain('agentctl ledger check 3.tlog-proof')
})

describe('arguments that are refused before anything is asked', () => {
  it.each([
    ['ledger_query', { type: 'gossip' }],
    ['ledger_verify', { fast: true }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })
})
