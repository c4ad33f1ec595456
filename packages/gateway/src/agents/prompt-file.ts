import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { isAbsolute, resolve, sep } from 'node:path'
import { CastellanError, MAX_PROMPT_BYTES } from '@castellan/contracts'

/**
 * Reads a prompt from a file that lies, after every link was followed, in one of the allowed folders. A relative path begins at `base`.
 * Throws `path_outside_roots`, `not_found`, `not_a_file`, `too_large` or `not_utf8`.
 */
export async function readPrompt(path: string, base: string, allowed: readonly string[]): Promise<string> {
  if (path.includes('\0')) throw new CastellanError('path_invalid', 'a path cannot have a zero byte in it.')
  const real = await realpath(isAbsolute(path) ? path : resolve(base, path)).catch(() => {
    throw new CastellanError('not_found', `${path} is not there, or cannot be reached.`)
  })
  const roots = await Promise.all(allowed.map((folder) => realpath(folder).catch(() => null)))
  const isInside = roots.some((root) => root !== null && real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))
  if (!isInside) {
    throw new CastellanError(
      'path_outside_roots',
      `${path} lies outside the folders for prompts (${allowed.join(', ')}).`,
    )
  }
  // What became a link since, or a pipe that nobody writes to, is not opened.
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => {
    throw new CastellanError('not_found', `${path} cannot be opened.`)
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new CastellanError('not_a_file', `${path} is no file.`)
    if (stats.size > MAX_PROMPT_BYTES) {
      throw new CastellanError(
        'too_large',
        `${path} has ${stats.size} bytes; a prompt has at most ${MAX_PROMPT_BYTES}.`,
      )
    }
    const bytes = await file.readFile()
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim()
    if (text === '') throw new CastellanError('not_utf8', `${path} is empty.`)
    return text
  } catch (error) {
    if (error instanceof CastellanError) throw error
    throw new CastellanError('not_utf8', `${path} cannot be read as UTF-8 text.`)
  } finally {
    await file.close()
  }
}
