import type { ServerFrame } from '@castellan/contracts'

/**
 * The fields each frame cannot be shown without. The gateway has checked its frames against the contracts; this keeps a
 * page that is older than its gateway from failing on frames it does not know, without shipping the schemas.
 */
const needed: Record<ServerFrame['type'], Readonly<Record<string, 'string' | 'number' | 'boolean' | 'object'>>> = {
  asked: { text: 'string' },
  status: { state: 'string' },
  text: { text: 'string' },
  suggestions: { suggestions: 'object' },
  tool_use: { call_id: 'string', name: 'string', args: 'object' },
  progress: { call_id: 'string', message: 'string' },
  mode: {},
  tool_result: { call_id: 'string', name: 'string', ok: 'boolean', summary: 'string' },
  approval_required: { approval_id: 'string', call_id: 'string', name: 'string', args: 'object', signing: 'object' },
  approval_vote: { approval_id: 'string', by: 'string', given: 'number', needed: 'number' },
  approval_decided: { approval_id: 'string', state: 'string' },
  model: { engine: 'string', host: 'string' },
  notice: { text: 'string' },
  recalled: { call_id: 'string', facts: 'object', left_out: 'number' },
  reasoning: { text: 'string' },
  compacted: { summary: 'string', exchanges: 'number' },
  usage: { engine: 'string', answers: 'number' },
  done: {},
  error: { code: 'string', message: 'string' },
  ledger: { size: 'number', records: 'object', skipped: 'number' },
  vitals: { at: 'string', load: 'number' },
  backpressure_pause: {},
  backpressure_resume: { dropped_frames: 'number' },
}

/** Reads one message of the socket; null for what this page does not understand. */
export function readFrame(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return null
  }
  return isFrame(value) ? value : null
}

function isFrame(value: unknown): value is ServerFrame {
  if (typeof value !== 'object' || value === null) return false
  const { type } = value as { type?: unknown }
  if (typeof type !== 'string' || !Object.hasOwn(needed, type)) return false
  const fields = value as Record<string, unknown>
  return Object.entries(needed[type as ServerFrame['type']]).every(([name, kind]) => {
    return typeof fields[name] === kind && fields[name] !== null
  })
}
