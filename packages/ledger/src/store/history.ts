import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeBase64 } from '../note/base64.ts'
import type { TreeHead } from '../note/checkpoint.ts'
import { READ } from './open-flags.ts'

/**
 * Heads the log had at each start and stop: `size root` a line, in the key folder, and `published` behind them once the
 * checkpoint file has that head. Beside the high-water mark they tell how far back a rewritten log departs from what was
 * acknowledged, and whether an older checkpoint file was put back.
 */
const HISTORY_FILE = 'history'

export interface RememberedHead extends TreeHead {
  /** Whether the checkpoint file had this head. */
  readonly published: boolean
}

export async function appendHistory(keyDir: string, head: TreeHead, published: boolean): Promise<void> {
  const line = `${head.size} ${head.root.toString('base64')}${published ? ' published' : ''}\n`
  await appendFile(join(keyDir, HISTORY_FILE), line, {
    mode: 0o600,
    flush: true,
  })
}

/** All remembered heads, oldest first; a last line cut short by a crash is left out. */
export async function readHistory(keyDir: string, origin: string): Promise<RememberedHead[]> {
  const text = await readFile(join(keyDir, HISTORY_FILE), { encoding: 'utf8', flag: READ }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    },
  )
  return text.split('\n').flatMap((line) => {
    const match = /^(\d{1,15}) (\S{44})( published)?$/.exec(line)
    const root = decodeBase64(match?.[2] ?? '')
    return match === null || root === null
      ? []
      : [{ origin, size: Number(match[1]), root, published: match[3] !== undefined }]
  })
}
