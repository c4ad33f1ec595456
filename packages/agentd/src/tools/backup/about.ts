import type { ToolProgress, ToolResource } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { pathField } from '../fields.ts'
import { size } from '../words.ts'

/** Backups take as long as disks do: six hours, with progress, and can be stopped at any time. */
export const longLimits = { timeoutMs: 6 * 3_600_000, outputBytes: 64 * 1024, perMinute: 6 }

export const setField = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, 1 to 32 characters')

export const leftField = z.array(z.strictObject({ path: z.string(), why: z.string() }))

/** Shown of what was left out or not put back; how many there were is told beside. */
export const MOST_LEFT = 50

export const onlyField = z
  .array(pathField('A file or folder as it was.'))
  .min(1)
  .max(100)
  .optional()
  .describe('Only what was at or below these absolute paths; everything without it.')

/** Tells of bytes as people read them. */
export function tellingBytes(progress: (progress: ToolProgress) => void) {
  return (message: string, done: number, total: number) =>
    progress({ message: `${message}: ${size(done)} of ${size(total)}`, done, total })
}

export const theBackups = (access: ToolResource['access']): ToolResource => ({ kind: 'machine', id: 'backups', access })

export async function pathsOf(
  paths: readonly string[],
  access: ToolResource['access'],
  host: Host,
): Promise<ToolResource[]> {
  const ids = await Promise.all(paths.map((path) => host.files.locate(path, 'keep')))
  return ids.map((id) => ({ kind: 'path', id, access, tree: true }))
}
