import type { LedgerDraft } from '@castellan/contracts'

export function intent(i = 0, more: Partial<LedgerDraft> = {}): LedgerDraft {
  return {
    type: 'intent',
    actor: { kind: 'agent', name: 'main' },
    session: 'ses_0123456789abcdef',
    call_id: `call_${String(i).padStart(16, '0')}`,
    tool: 'disk_usage',
    effect: 'read',
    ...more,
  } as LedgerDraft
}

export function outcome(of: number, more: Partial<LedgerDraft> = {}): LedgerDraft {
  return {
    type: 'outcome',
    actor: { kind: 'agent', name: 'main' },
    tool: 'disk_usage',
    intent: of,
    ok: true,
    duration_ms: 3,
    ...more,
  } as LedgerDraft
}
