import type { LedgerEntry } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { least, observe } from '../../src/learning/observations.ts'
import type { Recent } from '../../src/learning/recent.ts'

let next = 0
const actor = { kind: 'agent', name: 'main' } as const
const one = (entry: Partial<LedgerEntry>, summary: string | null = null): Recent => {
  next += 1
  return { entry: { v: 1, index: next, time: next * 1000, actor, ...entry } as LedgerEntry, summary }
}
const many = (times: number, entry: Partial<LedgerEntry>, summary?: string) =>
  Array.from({ length: times }, () => one(entry, summary ?? null))
const outcome = (tool: string, rest: Partial<LedgerEntry> = {}) =>
  ({ type: 'outcome', tool, ok: true, duration_ms: 5, ...rest }) as Partial<LedgerEntry>

describe('observations', () => {
  it('are what came again and again, of each kind', () => {
    const entries = [
      ...many(4, outcome('http_check', { ok: false, code: 'deadline_exceeded' })),
      ...many(6, outcome('http_check')),
      ...many(3, { type: 'refused', tool: 'shell_exec' as never, code: 'policy_denied' }),
      ...many(3, outcome('service_restart'), 'Restarted: web.service is running, main process 12.'),
      ...many(2, { type: 'approval_decided', tool: 'store_gc' as never, ok: false }),
      ...many(5, { type: 'approval_decided', tool: 'service_reload' as never, ok: true }),
      ...many(3, outcome('store_usage', { duration_ms: 8000 })),
      ...many(2, { type: 'routine_run', actor: { kind: 'routine', name: 'nightly' }, ok: false, code: 'disk_full' }),
      ...many(1, { type: 'routine_run', actor: { kind: 'routine', name: 'nightly' }, ok: true }),
    ]
    const seen = observe(entries).map(({ kind, subject, code, times, of }) => [kind, subject, code, times, of])
    expect(seen).toEqual([
      ['approved_call', 'service_reload', null, 5, 5],
      ['failing_tool', 'http_check', 'deadline_exceeded', 4, 10],
      ['refused_call', 'shell_exec', 'policy_denied', 3, 3],
      ['restarted_unit', 'web.service', null, 3, 3],
      ['slow_tool', 'store_usage', null, 3, 3],
      ['denied_call', 'store_gc', null, 2, 2],
      ['failing_routine', 'nightly', 'disk_full', 2, 3],
    ])
  })

  it('say nothing of what people decide now so, now so', () => {
    const mixed = [true, false, true, false, true].map((ok) =>
      one({ type: 'approval_decided', tool: 'store_gc' as never, ok }),
    )
    expect(observe(mixed)).toEqual([])
  })

  it('call a tool slow by its middle call, not by one that hung', () => {
    expect(observe([...many(9, outcome('file_read')), one(outcome('file_read', { duration_ms: 60_000 }))])).toEqual([])
  })

  it('count no more than there is, name the newest entry, and know no order but the ledger’s', () => {
    const entry = fc.record({
      type: fc.constantFrom('outcome', 'refused', 'approval_decided', 'routine_run'),
      tool: fc.option(fc.constantFrom('a_tool', 'b_tool'), { nil: undefined }),
      ok: fc.option(fc.boolean(), { nil: undefined }),
      code: fc.option(fc.constantFrom('busy', 'not_found'), { nil: undefined }),
      duration_ms: fc.option(fc.nat(20_000), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (list) => {
        const entries = list.map((fields, index) => ({
          entry: { v: 1, index, time: index, actor, ...fields } as LedgerEntry,
          summary: null,
        }))
        for (const { kind, times, of, ledgerIndex, firstAtMs, lastAtMs } of observe(entries)) {
          expect(times).toBeGreaterThanOrEqual(least[kind])
          expect(times).toBeLessThanOrEqual(of)
          expect(of).toBeLessThanOrEqual(list.length)
          expect(entries[ledgerIndex]?.entry.time).toBe(lastAtMs)
          expect(firstAtMs).toBeLessThanOrEqual(lastAtMs)
        }
      }),
    )
  })
})
