import { AgentName, type CallDifference, type LedgerRecord, SessionId, ToolName } from '@castellan/contracts'
import { z } from 'zod'
import type { Recorder } from '../../ledger/recorder.ts'

/** Calls that a draft is asked about. */
export const MAX_PAST_CALLS = 1000
const PAGE = 200

/** A call on record: one that ran, that a person was asked about, or that policy denied. */
const PastCall = z.object({
  index: z.number(),
  call_id: z.string(),
  caller: z.enum(['agent', 'operator', 'routine']),
  agent: AgentName,
  session: SessionId,
  tool: ToolName,
  args: z.record(z.string(), z.unknown()),
  /** For a routine: nobody was asked, so a person had agreed to exactly this call when it was set up. */
  agreed: z.boolean(),
})
export type PastCall = z.infer<typeof PastCall> & Pick<CallDifference, 'index'>

/** Calls that differ in nothing that policy is told. */
export interface SameCalls {
  readonly newest: PastCall
  readonly times: number
}

/** The newest calls whose arguments are still on record, the very same ones together; newest first. */
export async function pastCalls(ledger: Pick<Recorder, 'query'>): Promise<SameCalls[]> {
  const kinds = await Promise.all([
    callsOf(ledger, 'intent', () => true),
    callsOf(ledger, 'approval_requested', () => true),
    callsOf(ledger, 'refused', ({ entry }) => entry.code === 'policy_denied'),
  ])
  const newest = new Map<string, PastCall>()
  for (const call of kinds.flat().toSorted((a, b) => b.index - a.index)) {
    // A call that was asked about and then ran has two entries.
    if (!newest.has(call.call_id)) newest.set(call.call_id, call)
    if (newest.size === MAX_PAST_CALLS) break
  }
  const same = new Map<string, { newest: PastCall; times: number }>()
  for (const call of newest.values()) {
    const { caller, agent, session, tool, args, agreed } = call
    const key = JSON.stringify([caller, agent, session, tool, args, agreed])
    const known = same.get(key)
    if (known === undefined) same.set(key, { newest: call, times: 1 })
    else known.times += 1
  }
  return [...same.values()]
}

async function callsOf(
  ledger: Pick<Recorder, 'query'>,
  type: 'intent' | 'approval_requested' | 'refused',
  counts: (record: LedgerRecord) => boolean,
): Promise<PastCall[]> {
  const calls: PastCall[] = []
  let before: number | undefined
  for (let seen = 0; seen < 2 * MAX_PAST_CALLS && calls.length < MAX_PAST_CALLS; ) {
    const page = await ledger.query({ type, limit: PAGE, before }, { payloads: true })
    seen += page.records.length
    calls.push(...page.records.filter(counts).flatMap(callIn))
    before = page.records.at(-1)?.entry.index
    if (!page.more || before === undefined) break
  }
  return calls
}

function callIn({ entry, payload }: LedgerRecord): PastCall[] {
  const { index, actor, session, call_id, tool, approval_id } = entry
  const read = PastCall.safeParse({
    ...{ index, call_id, session, tool },
    caller: actor.kind,
    agent: actor.name,
    args: payload?.args,
    agreed: actor.kind === 'routine' && approval_id === undefined,
  })
  return read.success ? [read.data as PastCall] : []
}
