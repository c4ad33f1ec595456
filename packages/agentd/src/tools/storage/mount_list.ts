import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { allLeftOut, count, list, sentence } from '../words.ts'

export const mountList = defineTool({
  name: 'mount_list',
  title: 'Mounts',
  description:
    'What is mounted where, with type, source and options. The kernel’s own file systems (proc, sysfs, cgroup, …) are left out ' +
    'unless asked for. disk_usage tells how full they are.',
  input: z.strictObject({
    all: z
      .boolean()
      .default(false)
      .describe('Also those of the kernel that hold no files of anybody’s. Default false.'),
    under: z
      .string()
      .min(1)
      .max(4096)
      .refine((path) => path.startsWith('/') && !path.includes('\0'), 'must be an absolute path')
      .optional()
      .describe('Only mounts at or below this folder, e.g. "/var".'),
    limit: limitField(500, 50, 'mounts'),
    offset: offsetField('mounts'),
  }),
  output: z.strictObject({
    mounts: z.array(
      z.strictObject({
        mountPoint: z.string(),
        source: z.string(),
        type: z.string(),
        root: z.string().describe('The part of the file system that is mounted there; "/" unless it is a bind mount.'),
        readOnly: z.boolean(),
        options: z.array(z.string()),
      }),
    ),
    matching: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ mounts, matching }, { under, all }) => {
    const where = under === undefined ? '' : ` at or below ${under}`
    if (matching === 0)
      return `Nothing is mounted${where}${all ? '' : '; those of the kernel are shown with all: true only'}.`
    if (mounts.length === 0) return allLeftOut(count(matching, 'mount'))
    const shown = mounts.map(
      ({ mountPoint, type, readOnly }) => `${mountPoint} (${type}${readOnly ? ', read only' : ''})`,
    )
    return `${sentence(count(matching, 'mount'))}${where}${mounts.length < matching ? ', among them' : ''}: ${list(shown)}.`
  },
  run: async ({ all, under, limit, offset }, { host }) => {
    const folder = under?.replace(/\/+$/, '')
    const matching = (await host.storage.mounts()).filter(
      ({ pseudo, mountPoint }) =>
        (all || !pseudo) &&
        (folder === undefined || mountPoint === (folder || '/') || mountPoint.startsWith(`${folder}/`)),
    )
    const shown = matching
      .slice(offset, offset + limit)
      .map(({ mountPoint, source, type, root, readOnly, options }) => {
        return { mountPoint, source, type, root, readOnly, options: options.map(blankPassword) }
      })
    const mounts = fitting(shown, readLimits.outputBytes)
    return { mounts, matching: matching.length, truncated: offset + mounts.length < matching.length }
  },
})

/** Network file systems may carry how they were signed in to. */
function blankPassword(option: string): string {
  return option.replace(/^((?:password|pass|passwd|secret|credentials|cred)2?=).*/i, '$1…')
}
