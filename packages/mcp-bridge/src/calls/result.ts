import type { CallOutcome, CastellanError, SessionId } from '@castellan/contracts'
import {
  type CallToolResult,
  type ContentBlock,
  type InputRequiredResult,
  inputRequired,
} from '@modelcontextprotocol/server'
import type { Request } from '../provider.ts'
import type { Made } from './calls.ts'
import type { KeptResults } from './kept.ts'
import { metaKeys } from './meta.ts'
import type { WaitingCall } from './waiting.ts'

/** A result whose JSON is longer than this, in characters, is linked to and not repeated as text. */
const INLINE_CHARACTERS = 16 * 1024

/** The address under which a large result can be read for a while. */
export function resultUri(callId: string): string {
  return `castellan://result/${callId}`
}

/** What a client is told of a call: the result, or what it has to wait for. */
export function toolResult(
  made: Made,
  { client, era }: Request,
  kept: KeptResults,
): CallToolResult | InputRequiredResult {
  if (made.kind === 'done') return outcomeResult(made.outcome, client.owner, kept)
  return era === 'modern' ? waitingState(made.call, made.state) : waitingResult(made.call, made.state)
}

/**
 * The summary as text for whoever reads along, the result as structured content; for clients that show a model only text
 * the result follows as JSON, or as a link where it is large.
 */
function outcomeResult(outcome: CallOutcome, owner: SessionId, kept: KeptResults): CallToolResult {
  const { call_id, ledger_index, duration_ms, undo, proof, summary } = outcome
  const _meta = {
    [metaKeys.ledger]: ledger_index,
    [metaKeys.call]: call_id,
    [metaKeys.durationMs]: duration_ms,
    ...(undo === undefined ? {} : { [metaKeys.undo]: undo }),
    ...(proof === undefined ? {} : { [metaKeys.proof]: proof }),
    ...(outcome.error === undefined ? {} : { [metaKeys.error]: outcome.error }),
  }
  if (!outcome.ok) return { content: [{ type: 'text', text: summary }], isError: true, _meta }
  const structuredContent = outcome.result as Record<string, unknown>
  const json = JSON.stringify(structuredContent)
  const content: ContentBlock[] = [{ type: 'text', text: summary }]
  if (json.length <= INLINE_CHARACTERS) {
    content.push({ type: 'text', text: json, annotations: { audience: ['assistant'] } })
  } else {
    const uri = resultUri(call_id)
    kept.put(uri, owner, json)
    content.push({
      type: 'resource_link',
      uri,
      name: `${outcome.tool} result`,
      description: `All of the result as JSON; it can be read for 15 minutes.`,
      mimeType: 'application/json',
      size: Buffer.byteLength(json),
    })
  }
  return { content, structuredContent, _meta }
}

/** 2026-07-28: the client sends the same request again with the state, as often as it likes, until there is a result. */
function waitingState(call: WaitingCall, state: string): InputRequiredResult {
  return { ...inputRequired({ requestState: state }), _meta: { [metaKeys.approval]: approvalOf(call) } }
}

/**
 * Before 2026-07-28 there is no such result. `isError`, because a client holds every other result to the tool's output
 * schema, and so that no model takes it for done.
 */
function waitingResult(call: WaitingCall, state: string): CallToolResult {
  return {
    content: [{ type: 'text', text: waitingText(call) }],
    isError: true,
    _meta: { [metaKeys.approval]: approvalOf(call), [metaKeys.state]: state, [metaKeys.call]: call.call_id },
  }
}

export function waitingText({ tool, approval_id, reason, expires_at }: WaitingCall): string {
  return [
    `Not done yet: ${tool} waits for a person's approval. ${reason}`,
    `The owner approves it on the dashboard, in a chat, or with: agentctl approve ${approval_id}. You cannot approve it.`,
    `Call ${tool} again with exactly the same arguments: it waits up to 45 s for the answer and runs once there is a yes.`,
    `Until ${expires_at} nothing else is needed; after that, or after a no, it will not run.`,
  ].join('\n')
}

function approvalOf({ approval_id, tool, call_id, reason, expires_at }: WaitingCall) {
  return {
    approval_id,
    call_id,
    tool,
    reason,
    expires_at,
    how: `Somebody other than this client approves it: on the dashboard, in a chat, or with agentctl approve ${approval_id}.`,
  }
}

/** A refusal as a result that a model can read and act on. */
export function refusalResult(error: CastellanError): CallToolResult {
  return {
    content: [{ type: 'text', text: error.message }],
    isError: true,
    _meta: { [metaKeys.error]: error.toEnvelope() },
  }
}
