import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { syncFolder, writePrivateFile } from '../../host/files/durable.ts'
import type { Edit } from '../always-file.ts'
import { keep } from './kept.ts'

/**
 * Puts another text in the place of a file, or takes it away. What was there is kept first. A crash leaves the file as it was or
 * as it is to be. Throws `read_only`, and changes nothing then.
 */
export async function replaceFile(
  folder: string,
  name: string,
  { before, after }: { readonly before: string | null; readonly after: string | null },
): Promise<Edit> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (before !== null) await keep(folder, name, before)
    await put(folder, name, after)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new CastellanError(
      'read_only',
      `${join(folder, name)} cannot be written (${code ?? 'unknown reason'}). Nothing was changed; root changes it on the host.`,
      { cause },
    )
  }
  return { undo: () => put(folder, name, before) }
}

async function put(folder: string, name: string, text: string | null): Promise<void> {
  const path = join(folder, name)
  if (text !== null) return writePrivateFile(path, text)
  await rm(path, { force: true })
  await syncFolder(folder)
}
