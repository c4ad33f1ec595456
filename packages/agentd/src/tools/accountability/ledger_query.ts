import { LedgerEntryType, type LedgerRecord, Timestamp } from '@castellan/contracts'
import { WENT_WRONG } from '@castellan/contracts/notable'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, momentField, truncatedField } from '../fields.ts'
import { parseMoment } from '../time.ts'
import { count, list, moment, oneLine } from '../words.ts'

const ShownEntry = z.strictObject({
  index: z.int(),
  at: Timestamp,
  type: LedgerEntryType,
  actor: z.string().describe('Who: an agent by name, an operator, or the system.'),
  tool: z.string().nullable(),
  session: z.string().nullable(),
  ok: z.boolean().nullable().describe('Whether it went well; null on entries that are not about that.'),
  code: z.string().nullable().describe('The error code of a failure or refusal.'),
  durationMs: z.int().nullable(),
  target: z.int().nullable().describe('The entry this one is about: the intent it closes, or what it takes back.'),
  summary: z.string().nullable(),
})

/** Entries worth a look that an answer about a time names at most, and those that they are chosen from. */
const NOTABLE = 5
const LOOKED_THROUGH = 100

/** What was done comes before what went wrong, and that before what the machine's keeper notes of itself. */
function weight({ entry: { type } }: LedgerRecord): number {
  if (type === 'outcome' || type === 'switch_step') return 0
  return WENT_WRONG.has(type) ? 1 : 2
}

export const ledgerQuery = defineTool({
  name: 'ledger_query',
  title: 'Ledger query',
  description:
    'What was done on this machine through Castellan, newest first: calls and how they ended, approvals, undos.',
  input: z.strictObject({
    tool: z.string().min(1).max(64).optional().describe('Only calls of this tool, e.g. "file_write".'),
    agent: z.string().min(1).max(80).optional().describe('Only acts of this agent or operator.'),
    session: z.string().min(1).max(80).optional().describe('Only acts of this session.'),
    type: LedgerEntryType.optional().describe(
      'Only entries of this type, e.g. "outcome" for calls and how they ended.',
    ),
    since: momentField('Only entries from then on.').optional(),
    until: momentField('Only entries up to then.').optional(),
    limit: limitField(200, 20, 'entries'),
    before: z
      .int()
      .min(0)
      .optional()
      .describe('Only entries with a smaller number: the nextBefore of an earlier answer.'),
  }),
  output: z.strictObject({
    notable: z
      .array(ShownEntry)
      .nullable()
      .describe(
        `When only a time was asked about: up to ${NOTABLE} entries of it that are worth a look, first what changed something, then what went wrong, each newest first. Otherwise null.`,
      ),
    entries: z.array(ShownEntry),
    truncated: truncatedField,
    nextBefore: z.int().nullable().describe('Pass this as before to get older entries; null when there are none.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  // Summaries tell of files, units and answers, whose names somebody else may have chosen.
  taints: ({ notable, entries }) =>
    [...(notable ?? []), ...entries].some(({ summary }) => summary !== null) ? ['untrusted-text'] : [],
  summary: ({ notable, entries, truncated }, { tool, since }) => {
    const which = `${tool === undefined ? '' : ` about ${tool}`}${since === undefined ? '' : ` since ${since}`}`
    const newest = entries[0]
    if (newest === undefined) return `The ledger has no entries${which}.`
    const ended = entries.filter(({ type }) => type === 'outcome')
    const failed = ended.filter(({ ok }) => ok === false).length
    const calls =
      ended.length === 0
        ? ''
        : `, ${count(ended.length, 'finished call')} among them${failed === 0 ? '' : ` (${failed} failed)`}`
    const all = `${truncated ? 'The newest ' : ''}${count(entries.length, 'entry', 'entries')}${which}${calls}; the last is number ${newest.index} of ${moment(newest.at)}.`
    // Who asks about a time wants to know what became of things; looks, of which a page makes many, say nothing of that.
    if (notable !== null)
      return notable.length === 0
        ? `Nothing was changed and nothing went wrong${which}. ${all}`
        : `Worth a look${which}: ${named(notable)} ${all}`
    return ended.length === 0 ? all : `${all} The latest: ${named(ended.slice(0, 3))}`
  },
  run: async ({ tool, agent, session, type, since, until, limit, before }, { host, signal }) => {
    const clock = { now: new Date(), bootedAt: (await host.system.facts()).bootedAt }
    const time = {
      ...(since === undefined ? {} : { since: parseMoment(since, clock).getTime() }),
      ...(until === undefined ? {} : { until: parseMoment(until, clock).getTime() }),
    }
    const narrower = {
      ...(tool === undefined ? {} : { tool }),
      ...(agent === undefined ? {} : { actor: agent }),
      ...(session === undefined ? {} : { session }),
      ...(type === undefined ? {} : { type }),
      ...(before === undefined ? {} : { before }),
    }
    const ofTime = Object.keys(time).length > 0 && Object.keys(narrower).length === 0
    const found = ofTime ? await host.ledger.query({ limit: LOOKED_THROUGH, notable: true, ...time }, signal) : null
    const chosen = found?.records.toSorted((a, b) => weight(a) - weight(b)).slice(0, NOTABLE)
    const notable = chosen?.map(present) ?? null
    const { records, more } = await host.ledger.query({ limit, ...narrower, ...time }, signal)
    const room = readLimits.outputBytes - Buffer.byteLength(JSON.stringify(notable))
    const entries = fitting(records.map(present), room)
    const truncated = more || entries.length < records.length
    return { notable, entries, truncated, nextBefore: truncated ? (entries.at(-1)?.index ?? null) : null }
  },
})

function present({ entry, payload }: LedgerRecord): z.infer<typeof ShownEntry> {
  return {
    index: entry.index,
    at: new Date(entry.time).toISOString(),
    type: entry.type,
    actor: entry.actor.name,
    tool: entry.tool ?? null,
    session: entry.session ?? null,
    ok: entry.ok ?? null,
    code: entry.code ?? null,
    durationMs: entry.duration_ms ?? null,
    target: entry.target ?? entry.intent ?? null,
    summary: typeof payload?.summary === 'string' ? payload.summary : null,
  }
}

/** `7 file_write: Created notes.txt and 5 incident opened: …`, as a sentence's end. */
function named(shown: readonly z.infer<typeof ShownEntry>[]): string {
  const words = shown.map(({ index, type, tool, summary }) => {
    const what = [tool, type === 'outcome' ? null : type.replaceAll('_', ' ')].filter((word) => word !== null).join(' ')
    return `${index} ${what}${summary === null ? '' : `: ${oneLine(summary, 80)}`}`
  })
  return `${list(words)}.`.replace(/([.…])\.$/, '$1')
}
