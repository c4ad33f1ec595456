import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list, moment } from '../words.ts'

export const reportFields = {
  takenAt: Timestamp.nullable().describe('When the baseline was taken.'),
  takenBy: z.string().nullable(),
  baselineDigest: z
    .string()
    .nullable()
    .describe('SHA-256 of the baseline; the ledger entry that took it has the same.'),
  files: z.int().describe('Files, folders and links that were looked at.'),
  watched: z.array(z.string()),
}

export const integrityStatus = defineTool({
  name: 'integrity_status',
  title: 'Integrity',
  description:
    'Whether what Castellan is made of (its programs, policy and configuration) is still what it was when the baseline was ' +
    'taken: every file is read and compared.',
  input: z.strictObject({
    limit: limitField(500, 100, 'differences'),
    offset: z.int().min(0).default(0).describe('Differences to skip, to see the rest of a long list.'),
  }),
  output: z.strictObject({
    state: z
      .enum(['none', 'intact', 'violated', 'damaged'])
      .describe('none: no baseline; damaged: the baseline itself was changed.'),
    ...reportFields,
    differences: z.array(
      z.strictObject({
        path: z.string(),
        kind: z.enum(['program', 'policy', 'key', 'configuration', 'system']),
        what: z.enum(['changed', 'added', 'missing', 'unreadable']),
      }),
    ),
    total: z.int(),
    truncated: truncatedField,
    canaries: z
      .strictObject({
        means: z.enum(['fanotify', 'inotify', 'atime', 'none']).describe('By what it is noticed that one is read.'),
        planted: z.int(),
        reason: z.string().describe('Why the means is no better; empty where it is the best.'),
      })
      .describe('Files that nobody needs to read.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 120_000, perMinute: 30 },
  summary: ({ state, takenAt, files, differences, total }) => {
    if (state === 'none') return 'No integrity baseline was taken yet; integrity_baseline takes one.'
    if (state === 'damaged')
      return 'The integrity baseline itself was changed, so it proves nothing. Find out who did it.'
    const when = takenAt === null ? '' : ` of ${moment(takenAt)}`
    if (state === 'intact') return `All ${count(files, 'file')} are as in the baseline${when}.`
    return `${count(total, 'file')} differ from the baseline${when}: ${list(
      differences.map(({ path, what }) => `${path} (${what})`),
      4,
    )}.`
  },
  run: async ({ limit, offset }, { host, signal }) => {
    const { state, findings, takenAt, takenBy, baselineDigest, files, watched } = await host.integrity.check(signal)
    const differences = fitting(findings.slice(offset, offset + limit), readLimits.outputBytes)
    return {
      state,
      takenAt: takenAt?.toISOString() ?? null,
      takenBy,
      baselineDigest,
      files,
      watched: [...watched],
      differences,
      total: findings.length,
      canaries: { ...host.integrity.canaries },
      truncated: offset + differences.length < findings.length,
    }
  },
})
