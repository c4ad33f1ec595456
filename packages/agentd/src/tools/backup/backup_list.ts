import { BackupId, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list, moment, size } from '../words.ts'
import { theBackups } from './about.ts'

export const backupList = defineTool({
  name: 'backup_list',
  title: 'Backup list',
  description:
    'Which backups there are, newest first: of what, how large, how they were checked, and which recovery key opens them.',
  input: z.strictObject({
    limit: limitField(500, 50, 'backups'),
    offset: z.int().min(0).default(0).describe('How many to skip: the nextOffset of an earlier answer.'),
  }),
  output: z.strictObject({
    backups: z.array(
      z.strictObject({
        id: BackupId,
        containerBytes: z.int(),
        keyId: z.string().nullable().describe('Which recovery key opens it; null where its header is damaged.'),
        known: z
          .strictObject({
            set: z.string(),
            createdAt: Timestamp,
            roots: z.array(z.string()),
            entries: z.int(),
            fileBytes: z.int(),
            databases: z.int(),
            leftTotal: z.int().describe('What was left out, or changed while it was read.'),
            checked: z.enum(['restored', 'decrypted']).describe('How it was checked when it was made.'),
          })
          .nullable()
          .describe('What this machine knows of it; null for one of another machine.'),
      }),
    ),
    total: z.int(),
    usedBytes: z.int(),
    recoveryKey: z
      .string()
      .nullable()
      .describe('Which recovery key new backups are for; null: none was made, so none can be made.'),
    truncated: truncatedField,
    nextOffset: z.int().nullable(),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ backups, total, usedBytes }) => {
    if (total === 0) return 'There are no backups.'
    const newest = backups[0]
    const words =
      newest === undefined || newest.known === null
        ? ''
        : ` The newest shown: ${newest.id}, of ${list(newest.known.roots)}, ${moment(newest.known.createdAt)}.`
    return `${count(total, 'backup')}, ${size(usedBytes)} in all.${words}`
  },
  resources: () => [theBackups('read')],
  run: async ({ limit, offset }, { host }) => {
    const all = await host.backups.list()
    const page = all.slice(offset, offset + limit).map(({ manifest, ...facts }) => {
      if (manifest === null) return { ...facts, known: null }
      const { set, createdAt, roots, entries, fileBytes, databases, left, checked } = manifest
      return { ...facts, known: { set, createdAt, roots, entries, fileBytes, databases, leftTotal: left, checked } }
    })
    const backups = fitting(page, readLimits.outputBytes)
    const end = offset + backups.length
    const usedBytes = all.reduce((sum, { containerBytes }) => sum + containerBytes, 0)
    const truncated = end < all.length && backups.length > 0
    const recoveryKey = await host.backups.keyId()
    return { backups, total: all.length, usedBytes, recoveryKey, truncated, nextOffset: truncated ? end : null }
  },
})
