import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Every file below a folder that is in use, with its bytes, as somebody who copies the folder would get them: what is removed or renamed while
 * they copy is not among them.
 */
export function readTree(folder: string): { readonly path: string; readonly bytes: Buffer }[] {
  return (unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return readTree(path)
    const bytes = entry.isFile() ? unlessGone(() => readFileSync(path)) : undefined
    return bytes === undefined ? [] : [{ path, bytes }]
  })
}

function unlessGone<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
