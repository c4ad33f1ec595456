import { BackupId, CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool } from '../define.ts'
import { pathField } from '../fields.ts'
import { count, size } from '../words.ts'
import { leftField, longLimits, MOST_LEFT, onlyField, pathsOf, tellingBytes, theBackups } from './about.ts'

export const backupRestore = defineTool({
  name: 'backup_restore',
  title: 'Restore a backup',
  description:
    'Puts a backup back, into a new folder or in place of what is there now. Needs the recovery key, which an operator hands over ' +
    'beforehand for this one use.',
  input: z.strictObject({
    id: BackupId.describe('As backup_list tells it.'),
    to: pathField('A new folder; files keep their whole path below it.').optional(),
    inPlace: z.boolean().default(false).describe('Put everything back where it was, replacing what is there.'),
    only: onlyField,
  }),
  output: z.strictObject({
    id: BackupId,
    path: z.string().nullable().describe('The new folder; null in place.'),
    files: z.int(),
    restoredBytes: z.int(),
    failed: leftField.describe('What could not be put back; the first 50.'),
    failedTotal: z.int(),
  }),
  effect: 'destroy',
  undo: 'none',
  limits: longLimits,
  summary: ({ id, path, files, restoredBytes, failedTotal }) => {
    const where = path === null ? 'in place' : `into ${path}`
    const failed = failedTotal === 0 ? '' : ` ${count(failedTotal, 'path')} could not be put back.`
    return `Restored ${count(files, 'file')} (${size(restoredBytes)}) of ${id} ${where}.${failed}`
  },
  resources: async ({ id, to, only }, host) => {
    if (to !== undefined) return [...(await pathsOf([to], 'write', host)), theBackups('read')]
    const known = await host.backups.find(id).catch(() => undefined)
    return [...(await pathsOf(only ?? known?.manifest?.roots ?? ['/'], 'write', host)), theBackups('read')]
  },
  preview: async ({ id, to, inPlace, only }, { host }) => {
    const { manifest } = await host.backups.find(id)
    refuseUnclear(to, inPlace)
    const extent =
      manifest === null
        ? `Restores ${id}, which another machine made.`
        : `Restores ${count(manifest.entries, 'entry', 'entries')} (${size(manifest.fileBytes)}) of ${manifest.createdAt}.`
    const parts = (only ?? manifest?.roots ?? []).map((path) => `Puts back ${path}.`)
    const where =
      to === undefined
        ? [
            'Replaces what is there now by what was there then; files that are not in the backup stay.',
            'Stop what uses these files first, databases above all.',
          ]
        : [`Makes the new folder ${await host.files.locate(to, 'keep')}.`]
    return {
      effects: [extent, ...parts, ...where].map((effect) => effect.slice(0, 2000)),
      undo:
        to === undefined
          ? 'What is replaced is gone: undo does not bring it back.'
          : 'Nothing is replaced; undo does not remove the new folder.',
    }
  },
  run: async ({ id, to, inPlace, only }, { host, signal, progress }) => {
    refuseUnclear(to, inPlace)
    const target = to === undefined ? ({ inPlace: true } as const) : { to }
    const restored = await host.backups.restore(host.files, id, target, only, tellingBytes(progress), signal)
    const failed = restored.failed.slice(0, MOST_LEFT).map(({ path, why }) => ({ path, why: why.slice(0, 300) }))
    const { path, files, restoredBytes } = restored
    return { id, path, files, restoredBytes, failed, failedTotal: restored.failed.length }
  },
})

function refuseUnclear(to: string | undefined, inPlace: boolean): void {
  if ((to !== undefined) !== inPlace) return
  throw new CastellanError(
    'invalid_arguments',
    'Say where to restore it: either to, a new folder, or inPlace: true, not both.',
  )
}
