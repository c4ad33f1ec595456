import { chmod, mkdir, open, readlink, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { chunksOf, openContent } from './content.ts'
import { syncFolder } from './durable.ts'
import type { Files } from './files.ts'
import { quotePath } from './path.ts'
import { walkTree } from './tree.ts'

export interface CopyBudget {
  readonly bytes: number
  readonly entries: number
}

/**
 * Copies a granted folder into a new folder of agentd's own, readable by everybody and writable by nobody: files, folders
 * and links that stay inside. On disk when it returns. Throws `not_a_directory`, `too_large`, `path_invalid` for a link that
 * leads out and `not_a_file` for what is neither; the caller then removes what is there.
 */
export async function copyFolder(
  files: Pick<Files, 'walker' | 'grants'>,
  source: string,
  destination: string,
  budget: CopyBudget,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly entries: number }> {
  using start = await files.walker.walk(source)
  if (!start.existing.stats.isDirectory())
    throw new CastellanError('not_a_directory', `${quotePath(start.path)} is not a folder.`)
  let [bytes, entries] = [0, 0]
  const folders: string[] = []
  for await (const { place, stats, names } of walkTree(start, files.grants, { signal })) {
    entries += 1
    const target = join(destination, ...names)
    if (stats.isDirectory()) {
      await mkdir(target, { mode: 0o755 })
      folders.push(target)
    } else if (stats.isSymbolicLink()) {
      await symlink(await insideLink(place.folder.child(place.name), place.path, names), target)
    } else {
      bytes += Number(stats.size)
      if (bytes <= budget.bytes) await copyFile(place, target, signal)
    }
    if (bytes > budget.bytes || entries > budget.entries) {
      throw new CastellanError(
        'too_large',
        `${quotePath(start.path)} has more than ${budget.entries} entries or ${budget.bytes} bytes, more than is copied.`,
      )
    }
  }
  // Innermost first: a folder that may not be written in cannot be filled any more.
  for (const folder of folders.toReversed()) {
    await chmod(folder, 0o555)
    await syncFolder(folder)
  }
  return { bytes, entries }
}

async function copyFile(place: Parameters<typeof openContent>[0], target: string, signal: AbortSignal): Promise<void> {
  await using from = await openContent(place)
  const executable = (Number(place.existing.stats.mode) & 0o100) !== 0
  await using to = await open(target, 'wx', executable ? 0o555 : 0o444)
  for await (const chunk of chunksOf(from)) {
    signal.throwIfAborted()
    await to.write(chunk)
  }
  await to.chmod(executable ? 0o555 : 0o444)
  await to.sync()
}

/** The text of a link that stays below the start, seen from where it is. */
async function insideLink(link: string, path: string, names: readonly string[]): Promise<string> {
  const text = await readlink(link)
  let depth = names.length - 1
  const stays =
    !text.startsWith('/') &&
    text.split('/').every((part) => {
      depth += part === '..' ? -1 : part === '' || part === '.' ? 0 : 1
      return depth >= 0
    })
  if (stays) return text
  throw new CastellanError('path_invalid', `The link ${quotePath(path)} leads out of the folder, so it is not copied.`)
}
