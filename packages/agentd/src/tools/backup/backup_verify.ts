import { BackupId } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool } from '../define.ts'
import { count, size } from '../words.ts'
import { longLimits, tellingBytes, theBackups } from './about.ts'

export const backupVerify = defineTool({
  name: 'backup_verify',
  title: 'Verify a backup',
  description:
    'Checks a backup. With the recovery key, which an operator hands over beforehand, it is restored to a scratch folder and compared; ' +
    'without, its bytes are compared with what was written.',
  input: z.strictObject({ id: BackupId.describe('As backup_list tells it.') }),
  output: z.strictObject({
    id: BackupId,
    level: z
      .enum(['contents', 'bytes', 'header'])
      .describe(
        '"contents": restored and compared, so it can be restored; "bytes": the very bytes that were written and checked then; ' +
          '"header": a backup of another machine, of which only the recovery key tells more.',
      ),
    containerBytes: z.int(),
    files: z.int().nullable().describe('How many were restored and compared; null without the recovery key.'),
    restoredBytes: z.int().nullable(),
    databases: z.int().nullable().describe('How many databases passed PRAGMA integrity_check.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: longLimits,
  summary: ({ id, level, containerBytes, files, restoredBytes, databases }) => {
    if (level === 'header')
      return `${id} has the form of a backup (${size(containerBytes)}), but this machine did not make it: only its recovery key tells more.`
    if (level === 'bytes')
      return `${id} is byte for byte what was written and checked when it was made (${size(containerBytes)}). That it opens with the recovery key was not tried.`
    const sound = databases === 0 ? '' : `, ${count(databases ?? 0, 'database')} sound`
    return `${id} was restored to a scratch folder: ${count(files ?? 0, 'file')} (${size(restoredBytes ?? 0)}), each as it was backed up${sound}.`
  },
  resources: () => [theBackups('read')],
  run: async ({ id }, { host, signal, progress }) => {
    const verdict = await host.backups.verify(id, tellingBytes(progress), signal)
    const { containerBytes } = verdict
    if (verdict.level === 'contents') {
      const { files, restoredBytes, databases } = verdict
      return { id, level: 'contents' as const, containerBytes, files, restoredBytes, databases }
    }
    const level = verdict.known ? ('bytes' as const) : ('header' as const)
    return { id, level, containerBytes, files: null, restoredBytes: null, databases: null }
  },
})
