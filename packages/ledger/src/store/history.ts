import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeBase64 } from '../note/base64.ts'
import type { TreeHead } from '../note/checkpoint.ts'

/**
 * Heads the log had at each start and stop: `size root` a line, in the key folder. Beside the high-water mark they
 * tell how far back a rewritten log departs from what was acknowledged.
 */
const HISTORY_FILE = 'history'

export async function appendHistory(keyDir: string, head: TreeHead): Promise<void> {
  await appendFile(join(keyDir, HISTORY_FILE), `${head.size} ${head.root.toString('base64')}\n`, {
    mode: 0o600,
    flush: true,
  })
}

/** All remembered heads, oldest first; a last line cut short by a crash is left out. */
export async function readHistory(keyDir: string, origin: string): Promise<TreeHead[]> {
  const text = await readFile(join(keyDir, HISTORY_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap((line) => {
    const match = /^(\d{1,15}) (\S{44})$/.exec(line)
    const root = decodeBase64(match?.[2] ?? '')
    return match === null || root === null ? [] : [{ origin, size: Number(match[1]), root }]
  })
}
