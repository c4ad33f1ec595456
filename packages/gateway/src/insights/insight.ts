import type { AgentName, ChatId, EngineKind } from '@castellan/contracts'
import type { Exchange, Headers } from '../engines/exchange.ts'
import { redact } from './redact.ts'
import { redactAnswer } from './streamed.ts'

/** Most that is kept of each side of an exchange, in characters. */
const MAX_CHARACTERS = 1024 * 1024

/** An exchange as its engine told of it; the secret of the credential that paid is out of it already. */
export interface RawInsight {
  readonly exchange: Exchange
  readonly chat: ChatId | null
  readonly agent: AgentName
  /** What was said last in the chat when it ended; null where nothing was. */
  readonly seq: number | null
}

/** An exchange with a model as it is kept: redacted and cut. */
export interface NewInsight {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly chat: ChatId | null
  readonly agent: AgentName
  readonly engine: EngineKind
  readonly model: string | null
  readonly url: string | null
  readonly credential: string | null
  readonly status: number | null
  readonly duration_ms: number
  readonly problem: string | null
  readonly request: string
  readonly response: string
  /** Of what is kept. */
  readonly request_bytes: number
  readonly response_bytes: number
  /** Characters that were cut off. */
  readonly request_cut: number
  readonly response_cut: number
  readonly redactions: number
  readonly seq: number | null
  /** 1, 0, or null where nobody can say whether it left. */
  readonly left: 0 | 1 | null
  readonly request_line: string | null
  /** JSON of pairs. */
  readonly request_headers: string
  readonly response_headers: string
  /** Kinds, with commas between them. */
  readonly taken_out: string
  readonly ledger_index: number | null
  readonly prompt_tokens: number | null
  readonly output_tokens: number | null
  readonly cost: number | null
}

/** An exchange as it is kept. Secrets go before anything is cut, so that none is left as half of itself. */
export function insightOf({ exchange, chat, agent, seq }: RawInsight): NewInsight {
  const request = redact(exchange.request)
  const response = redactAnswer(exchange.response)
  const problem = exchange.problem === null ? null : redact(exchange.problem).text
  const [sent, sentCut] = cut(request.text)
  const [came, cameCut] = cut(response.text)
  return {
    at: exchange.startedAt.getTime(),
    chat,
    agent,
    engine: exchange.engine,
    model: exchange.model,
    url: exchange.url === '' ? null : redact(exchange.url).text,
    credential: exchange.credential,
    status: exchange.status,
    duration_ms: Math.round(exchange.durationMs * 10) / 10,
    problem,
    request: sent,
    response: came,
    request_bytes: Buffer.byteLength(sent),
    response_bytes: Buffer.byteLength(came),
    request_cut: sentCut,
    response_cut: cameCut + exchange.cut,
    redactions: request.count + response.count,
    seq,
    left: exchange.left === null ? null : exchange.left ? 1 : 0,
    request_line: exchange.head === null ? null : redact(exchange.head.line).text,
    request_headers: headersText(exchange.head?.headers ?? []),
    response_headers: headersText(exchange.answerHeaders),
    taken_out: exchange.takenOut.join(','),
    ledger_index: exchange.ledgerIndex,
    prompt_tokens: exchange.usage?.promptTokens ?? null,
    output_tokens: exchange.usage?.outputTokens ?? null,
    cost: exchange.cost,
  }
}

/** Each value by itself: what stands in one header says nothing about the next. */
function headersText(headers: Headers): string {
  return JSON.stringify(headers.map(([name, value]) => [name, redact(value).text]))
}

function cut(text: string): [kept: string, cut: number] {
  return [text.slice(0, MAX_CHARACTERS), Math.max(0, text.length - MAX_CHARACTERS)]
}
