import { AgentName, RecordedCalls } from '@castellan/contracts'
import type { Recorder } from '../ledger/recorder.ts'

/** The newest calls whose arguments are still on record, each shape once: agent, tool and arguments. Newest first. */
export async function recordedCalls(ledger: Pick<Recorder, 'query'>, limit: number): Promise<RecordedCalls> {
  const found = new Map<string, RecordedCalls['calls'][number]>()
  let before: number | undefined
  while (found.size < limit) {
    const page = await ledger.query({ type: 'intent', limit: 200, before }, { payloads: true })
    for (const { entry, payload } of page.records) {
      const call = RecordedCalls.shape.calls.element.safeParse({
        index: entry.index,
        caller: entry.actor.kind,
        agent: AgentName.safeParse(entry.actor.name).data,
        tool: entry.tool,
        args: payload?.args,
      })
      if (!call.success) continue
      const key = JSON.stringify([call.data.caller, call.data.agent, call.data.tool, call.data.args])
      if (!found.has(key)) found.set(key, call.data)
    }
    before = page.records.at(-1)?.entry.index
    if (!page.more || before === undefined) break
  }
  return { calls: [...found.values()].slice(0, limit) }
}
