import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { FileSystem } from '../../host/storage.ts'
import { defineTool, readLimits } from '../define.ts'
import { percentField } from '../fields.ts'
import { count, list, percent, size } from '../words.ts'

const bytes = z.int().min(0)

export const diskUsage = defineTool({
  name: 'disk_usage',
  title: 'Disk usage',
  description: 'How full the file systems are, like df: all of them, or the one that holds a given path.',
  input: z.strictObject({
    path: z
      .string()
      .min(1)
      .max(4096)
      .refine((path) => !path.includes('\0'), 'must not contain a NUL character')
      .optional()
      .describe('Only the file system that holds this path, e.g. "/var/log". Relative paths start in the workspace.'),
  }),
  output: z.strictObject({
    fileSystems: z.array(
      z.strictObject({
        mountPoint: z.string(),
        source: z.string(),
        type: z.string(),
        totalBytes: bytes,
        usedBytes: bytes,
        availableBytes: bytes.describe(
          'What ordinary users may still write; the rest of what is free is reserved for root.',
        ),
        usedPercent: percentField.describe('Used, of used and available together, as df counts.'),
        usedInodesPercent: percentField
          .nullable()
          .describe('Null where the file system has no fixed number of inodes.'),
        readOnly: z.boolean(),
      }),
    ),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ fileSystems }, { path }) => {
    const [first, ...others] = fileSystems.toSorted((left, right) => right.usedPercent - left.usedPercent)
    if (first === undefined) return 'No file system of a disk is mounted here.'
    const where =
      path === undefined || path === first.mountPoint ? '' : `${path} is on the file system ${first.mountPoint}. `
    if (others.length === 0) return where + describe(first)
    const rest = others.map(({ mountPoint, usedPercent }) => `${mountPoint} ${Math.round(usedPercent)} %`)
    return `${sentenceCount(fileSystems.length)}. The fullest: ${describe(first)} The others: ${list(rest)} full.`
  },
  resources: ({ path }, host) =>
    path === undefined ? [] : [{ kind: 'path', id: absolute(path, host.files.workspace), access: 'read' }],
  run: async ({ path }, { host, signal }) => {
    if (path === undefined) return { fileSystems: (await host.storage.fileSystems(signal)).map(present) }
    return { fileSystems: [present(await host.storage.fileSystemOf(absolute(path, host.files.workspace)))] }
  },
})

function absolute(path: string, workspace: string): string {
  if (path.startsWith('~')) return join(workspace, path.slice(1))
  return resolve(workspace, path)
}

/** How full a file system is for ordinary users, in percent with one decimal, as df(1) counts. */
export function usedPercent({ usedBytes, availableBytes }: Pick<FileSystem, 'usedBytes' | 'availableBytes'>): number {
  const usable = usedBytes + availableBytes
  return usable === 0 ? 0 : Math.round((usedBytes / usable) * 1000) / 10
}

export function usedInodesPercent({ totalInodes, usedInodes }: FileSystem): number | null {
  return totalInodes === 0 ? null : Math.round((usedInodes / totalInodes) * 1000) / 10
}

function present(fileSystem: FileSystem) {
  const { totalInodes: _total, usedInodes: _used, ...shown } = fileSystem
  return { ...shown, usedPercent: usedPercent(fileSystem), usedInodesPercent: usedInodesPercent(fileSystem) }
}

function describe(fileSystem: ReturnType<typeof present>): string {
  const { mountPoint, usedBytes, availableBytes, totalBytes, readOnly, usedInodesPercent: inodes } = fileSystem
  const reading = readOnly ? ' It is mounted for reading only.' : ''
  const reserved = totalBytes - usedBytes - availableBytes
  const rest = reserved > totalBytes / 5 ? ` The other ${size(reserved)} are reserved for root.` : ''
  const names = inodes !== null && inodes >= 90 ? ` ${Math.round(inodes)} % of its inodes are used.` : ''
  return (
    `${mountPoint} is ${percent(usedBytes, usedBytes + availableBytes)} full: ${size(usedBytes)} of ${size(totalBytes)} used, ` +
    `${size(availableBytes)} free.${rest}${reading}${names}`
  )
}

function sentenceCount(number: number): string {
  return `${count(number, 'file system')} are mounted`
}
