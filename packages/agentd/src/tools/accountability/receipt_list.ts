import { type LedgerRecord, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list, oneLine } from '../words.ts'

const Receipt = z.strictObject({
  index: z.int().describe('Ledger number of the outcome: undo_apply takes it, and ledger_prove proves it.'),
  at: Timestamp,
  tool: z.string().nullable(),
  ok: z.boolean(),
  code: z.string().nullable().describe('The error code of what failed.'),
  approvalId: z.string().nullable().describe('The approval it used up; null where none was needed.'),
  intent: z.int().nullable(),
  durationMs: z.int().nullable(),
  summary: z.string().nullable(),
})

export const receiptList = defineTool({
  name: 'receipt_list',
  title: 'List receipts',
  description:
    'What this session did, newest first: each finished call with its ledger number, how it ended, and the approval it used. Refused calls have no receipt.',
  input: z.strictObject({
    tool: z.string().min(1).max(64).optional().describe('Only calls of this tool, e.g. "file_write".'),
    limit: limitField(200, 20, 'receipts'),
    before: z
      .int()
      .min(0)
      .optional()
      .describe('Only receipts with a smaller number: the nextBefore of an earlier answer.'),
  }),
  output: z.strictObject({
    receipts: z.array(Receipt),
    truncated: truncatedField,
    nextBefore: z.int().nullable().describe('Pass this as before to get older ones; null when there are none.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ receipts, truncated }) => {
    if (receipts.length === 0) return 'This session has no receipts: none of its calls has finished.'
    const failed = receipts.filter(({ ok }) => !ok).length
    const newest = receipts
      .slice(0, 3)
      .map(({ index, tool, summary }) => `${index} ${tool}${summary === null ? '' : `: ${oneLine(summary, 80)}`}`)
    const bad = failed === 0 ? '' : ` (${failed} failed)`
    return `${truncated ? 'The newest ' : ''}${count(receipts.length, 'receipt')}${bad}; the latest: ${list(newest)}`
  },
  run: async ({ tool, limit, before }, { host, call, signal }) => {
    const query = {
      type: 'outcome' as const,
      session: call.session,
      limit,
      ...(tool === undefined ? {} : { tool }),
      ...(before === undefined ? {} : { before }),
    }
    const { records, more } = await host.ledger.query(query, signal)
    const receipts = fitting(records.map(receiptOf), readLimits.outputBytes)
    const truncated = more || receipts.length < records.length
    return { receipts, truncated, nextBefore: truncated ? (receipts.at(-1)?.index ?? null) : null }
  },
})

function receiptOf({ entry, payload }: LedgerRecord): z.infer<typeof Receipt> {
  return {
    index: entry.index,
    at: new Date(entry.time).toISOString(),
    tool: entry.tool ?? null,
    ok: entry.ok === true,
    code: entry.code ?? null,
    approvalId: entry.approval_id ?? null,
    intent: entry.intent ?? null,
    durationMs: entry.duration_ms ?? null,
    summary: typeof payload?.summary === 'string' ? payload.summary : null,
  }
}
