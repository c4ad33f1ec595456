import { Timestamp, TrashId } from '@castellan/contracts'
import { z } from 'zod'
import type { TrashItem } from '../../host/files/trash.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list, moment, sentence, size } from '../words.ts'
import { takesUntrusted, untrustedField } from './about.ts'

export const trashList = defineTool({
  name: 'trash_list',
  title: 'Trash list',
  description:
    'What the trash keeps, newest first: deleted files and earlier versions of changed ones, with the ids that trash_restore takes.',
  input: z.strictObject({ limit: limitField(500, 50, 'items'), offset: offsetField('items') }),
  output: z.strictObject({
    items: z.array(
      z.strictObject({
        id: TrashId,
        path: z.string().describe('Where it was.'),
        reason: z.enum(['deleted', 'replaced']).describe('"replaced": an earlier version of a file that was changed.'),
        kind: z.enum(['file', 'symlink']),
        sizeBytes: z.int(),
        keptAt: Timestamp,
        leavesAt: Timestamp.describe(
          'When it leaves for its age; earlier where the quota is reached, the oldest first.',
        ),
      }),
    ),
    deleted: z.int().describe('How many deleted files there are, shown or not.'),
    replaced: z.int(),
    unlisted: z
      .int()
      .describe('How many more were put back and are kept only so that undoing works; they count towards the quota.'),
    usedBytes: z.int().describe('What the trash takes on disk, those included.'),
    quotaBytes: z.int(),
    maxAgeDays: z.int(),
    untrusted: untrustedField,
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ items, deleted, replaced, usedBytes, quotaBytes, maxAgeDays }, { offset }) => {
    if (deleted + replaced === 0) return 'The trash is empty.'
    const kinds = [
      ...(deleted > 0 ? [count(deleted, 'deleted file')] : []),
      ...(replaced > 0 ? [count(replaced, 'earlier version')] : []),
    ]
    const newest = items.find(({ reason }) => reason === 'deleted') ?? items[0]
    const last =
      newest === undefined
        ? ''
        : ` The newest${offset === 0 ? '' : ' shown'}: ${newest.path}, ${newest.reason} ${moment(newest.keptAt)}.`
    return `The trash keeps ${list(kinds)} (${size(usedBytes)} of ${size(quotaBytes)}), each for at most ${maxAgeDays} days.${sentence(last)}`
  },
  resources: () => [{ kind: 'machine', id: 'trash', access: 'read' }],
  taints: takesUntrusted,
  run: async ({ limit, offset }, { host }) => {
    const { items: all, ...figures } = host.trash.list()
    const deleted = all.filter(({ reason }) => reason === 'deleted').length
    const lifeMs = figures.maxAgeDays * 86_400_000
    const items = fitting(
      all.slice(offset, offset + limit).map((item) => present(item, lifeMs)),
      readLimits.outputBytes,
    )
    const untrusted = all
      .slice(offset, offset + items.length)
      .some(({ content, path }) => host.files.trust.untrustedRecord(content, path))
    return {
      items,
      untrusted,
      deleted,
      replaced: all.length - deleted,
      ...figures,
      truncated: offset + items.length < all.length,
    }
  },
})

function present({ id, path, reason, keptAt, content }: TrashItem, lifeMs: number) {
  const sizeBytes = content.kind === 'file' ? content.sizeBytes : Buffer.byteLength(content.target)
  const leavesAt = new Date(keptAt.getTime() + lifeMs).toISOString()
  return { id, path, reason, kind: content.kind, sizeBytes, keptAt: keptAt.toISOString(), leavesAt }
}
