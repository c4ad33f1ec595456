import { BackupId } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool } from '../define.ts'
import { pathField } from '../fields.ts'
import { count, list, size } from '../words.ts'
import { leftField, longLimits, MOST_LEFT, pathsOf, setField, tellingBytes, theBackups } from './about.ts'

export const backupCreate = defineTool({
  name: 'backup_create',
  title: 'Make a backup',
  description:
    'Backs up files and folders, encrypted for the owner’s recovery key; databases of SQLite through SQLite. Read back before it counts; ' +
    'old backups of the set leave by the retention rules.',
  input: z.strictObject({
    paths: z.array(pathField('A file or folder.')).min(1).max(50).describe('What to back up.'),
    set: setField.default('main').describe('Backups of one set replace each other with time. Default main.'),
    check: z
      .enum(['restored', 'decrypted'])
      .default('restored')
      .describe(
        '"restored": put into a scratch folder and compared, which needs twice the room; "decrypted": only read back.',
      ),
  }),
  output: z.strictObject({
    id: BackupId,
    set: z.string(),
    roots: z.array(z.string()),
    entries: z.int(),
    fileBytes: z.int().describe('What the files hold, holes included.'),
    containerBytes: z.int().describe('What the backup takes.'),
    databases: z.int().describe('How many were copied through SQLite.'),
    checked: z.enum(['restored', 'decrypted']),
    keyId: z.string().describe('Which recovery key opens it.'),
    left: leftField.describe('What is not in it, or changed while it was read; the first 50.'),
    leftTotal: z.int(),
    removed: z.array(BackupId).describe('Older backups of this set that left by the retention rules.'),
  }),
  effect: 'change',
  undo: 'none',
  limits: longLimits,
  summary: ({ id, roots, entries, fileBytes, containerBytes, checked, leftTotal, removed }) => {
    const what = `Backed up ${list(roots)} as ${id}: ${count(entries, 'entry', 'entries')}, ${size(fileBytes)}, in ${size(containerBytes)}`
    const how = checked === 'restored' ? 'restored to a scratch folder and compared' : 'read back'
    const left = leftTotal === 0 ? '' : ` ${count(leftTotal, 'path was', 'paths were')} left out or changed meanwhile.`
    const gone = removed.length === 0 ? '' : ` ${count(removed.length, 'older backup')} left.`
    return `${what}, ${how}.${left}${gone}`
  },
  resources: async ({ paths }, host) => [...(await pathsOf(paths, 'read', host)), theBackups('write')],
  preview: async ({ paths, set, check }, { host }) => {
    const real = await Promise.all(paths.map((path) => host.files.locate(path, 'keep')))
    const { daily, weekly } = host.backups.options.retention
    return {
      effects: [
        ...real.map((path) => `Backs up ${path}, encrypted for the owner's recovery key.`),
        check === 'restored' ? 'Restores it to a scratch folder and compares.' : 'Reads it back.',
        `Of set ${set} the newest of ${daily} days and of ${weekly} weeks stay; older ones leave.`,
      ].map((effect) => effect.slice(0, 2000)),
      undo: 'A backup changes nothing that it backs up. Older backups that leave by the retention rules do not come back.',
    }
  },
  run: async ({ paths, set, check }, { host, signal, progress }) => {
    const request = { paths, set, check }
    const { manifest, left, removed } = await host.backups.create(host.files, request, tellingBytes(progress), signal)
    const { id, roots, entries, fileBytes, containerBytes, databases, checked, keyId } = manifest
    const shown = left.slice(0, MOST_LEFT).map(({ path, why }) => ({ path, why: why.slice(0, 300) }))
    const facts = { id, set, roots, entries, fileBytes, containerBytes, databases, checked, keyId }
    return { ...facts, left: shown, leftTotal: left.length, removed: [...removed] }
  },
})
