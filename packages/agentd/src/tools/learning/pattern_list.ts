import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { findPatterns, finishedCalls } from '../../learning/patterns.ts'
import { MOST_ENTRIES, readRecent } from '../../learning/recent.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'
import { daysField } from './fields.ts'

export const patternList = defineTool({
  name: 'pattern_list',
  title: 'Repeated sequences',
  description:
    'Sequences of two to five tools that were called one after the other again and again, within sessions. One that is worth keeping can be a skill: skill_propose.',
  input: z.strictObject({
    days: daysField,
    atLeast: z.int().min(2).max(1000).default(3).describe('Only sequences that came so often. Default 3.'),
    limit: limitField(200, 20, 'sequences'),
    offset: offsetField('sequences'),
  }),
  output: z.strictObject({
    patterns: z.array(
      z.strictObject({
        tools: z.array(z.string()).describe('In the order in which they were called.'),
        times: z.int().describe('How often, without overlaps.'),
        sessions: z.int().describe('In how many sessions.'),
        lastAt: Timestamp,
      }),
    ),
    total: z.int(),
    callsRead: z.int(),
    complete: z.boolean().describe(`False where there was more to read: only the newest ${MOST_ENTRIES} calls are.`),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 60_000, perMinute: 30 },
  resources: () => [{ kind: 'machine', id: 'ledger', access: 'read' }],
  summary: ({ patterns, total, callsRead }, { days }) => {
    const read = `in ${count(callsRead, 'call')} of ${count(days, 'day')}`
    if (total === 0) return `No sequence of calls was repeated ${read}.`
    const named = patterns.map(({ tools, times }) => `${tools.join(' → ')} (${times}×)`)
    return `${count(total, 'repeated sequence')} ${read}: ${list(named, 4)}.`
  },
  run: async ({ days, atLeast, limit, offset }, { host, signal }) => {
    const { entries, truncated } = await readRecent(host.ledger, { days, types: ['outcome'] }, signal)
    const calls = finishedCalls(entries)
    const all = findPatterns(calls, atLeast)
    const shown = all.slice(offset, offset + limit).map(({ tools, times, sessions, lastAtMs }) => ({
      tools: [...tools],
      times,
      sessions,
      lastAt: new Date(lastAtMs).toISOString(),
    }))
    const patterns = fitting(shown, readLimits.outputBytes)
    return {
      patterns,
      total: all.length,
      callsRead: calls.length,
      complete: !truncated,
      truncated: offset + patterns.length < all.length,
    }
  },
})
