import type { Insight, InsightSummary } from '@castellan/contracts'
import { deleteInsights, getInsight, listInsights } from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { InsightPage } from '../../insights/book.ts'
import type { Insights } from '../../insights/insights.ts'
import { requireAgent } from '../../tokens/rights.ts'
import { type Recorder, unrecorded } from '../../tokens/tokens.ts'
import { cursorAt, positionOf } from '../pages.ts'
import { serve } from '../serve.ts'

/** What was sent to models, for the owner to see. A token that is for one agent sees and deletes what that one sent. */
export function addInsights(app: FastifyInstance, insights: Insights, records: Recorder): void {
  serve(app, listInsights, async ({ query, caller }) => {
    const { q: words = null, chat_id: chat = null, engine = null, failed = null, limit, cursor } = query
    const filter = { words, chat, agent: caller.agent, engine, failed }
    const { rows, since, dropped } = await insights.page(filter, limit + 1, positionOf(cursor) || null)
    const items = rows.slice(0, limit).map(summaryOf)
    const next_cursor = rows.length > limit ? cursorAt(items.at(-1)?.insight_id ?? 0) : null
    return { items, next_cursor, kept_since: since === null ? null : new Date(since).toISOString(), dropped }
  })

  serve(app, getInsight, async ({ params, caller }) => {
    const { request, response, request_headers, response_headers, ...row } = await insights.one(params.insight_id)
    requireAgent(caller, row.agent)
    const { request_line, request_cut, response_cut, redactions } = row
    return {
      ...summaryOf(row),
      ...{ request_line, request, response, request_cut, response_cut, redactions },
      request_headers: JSON.parse(request_headers) as Insight['request_headers'],
      response_headers: JSON.parse(response_headers) as Insight['response_headers'],
    }
  })

  serve(app, deleteInsights, async ({ query, caller }) => {
    const { agent = caller.agent, chat_id: chat = null, before } = query
    if (agent !== null) requireAgent(caller, agent)
    const until = before === undefined ? null : Date.parse(before)
    const count = await insights.remove({ agent, chat, before: until })
    if (count === 0) return { deleted: 0 }
    // What is gone stays gone; that it went is no secret.
    const which = {
      ...(agent === null ? {} : { agent }),
      ...(chat === null ? {} : { chat }),
      ...(before === undefined ? {} : { before }),
    }
    await records
      .append({ type: 'insights_deleted', count, by: caller.credential, ...which })
      .catch((error: unknown) => {
        throw unrecorded(`${count} insights are deleted`, error)
      })
    return { deleted: count }
  })
}

function summaryOf(row: Omit<InsightPage['rows'][number], 'request_headers' | 'response_headers'>): InsightSummary {
  const { id, at, chat, agent, engine, model, url, credential, status, duration_ms, problem } = row
  const { request_bytes, response_bytes, seq, left, taken_out, ledger_index, prompt_tokens, output_tokens, cost } = row
  return {
    insight_id: id,
    at: new Date(at).toISOString(),
    chat_id: chat,
    ...{ agent, engine, model, url, credential, status, duration_ms, problem, request_bytes, response_bytes },
    ...{ seq, ledger_index, prompt_tokens, output_tokens, cost },
    left: left === null ? null : left === 1,
    taken_out: taken_out === '' ? [] : taken_out.split(','),
  }
}
