import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { isErrno } from './files/errors.ts'
import { showUnits } from './systemctl.ts'

export interface UnitFile {
  readonly path: string
  readonly kind: 'unit' | 'drop-in'
  readonly text: string
  /** Whether there was more than {@link MAX_FILE_BYTES}. */
  readonly cut: boolean
}

const MAX_FILE_BYTES = 256 * 1024

/** The unit's own file, then its drop-ins as systemd orders them. None for what systemd made itself (slices, scopes). */
export async function readUnitFiles(unit: string, signal: AbortSignal): Promise<UnitFile[]> {
  const [fields] = await showUnits([unit], ['FragmentPath', 'DropInPaths'], signal)
  const own = fields?.get('FragmentPath') ?? ''
  const dropIns = (fields?.get('DropInPaths') ?? '').split(' ').filter((path) => path.startsWith('/'))
  const files: UnitFile[] = []
  for (const path of [...(own === '' ? [] : [own]), ...dropIns]) {
    signal.throwIfAborted()
    const content = await read(path)
    if (content !== null) files.push({ path, kind: path === own ? 'unit' : 'drop-in', ...content })
  }
  return files
}

/** What a file of a unit is called. A unit may be linked from a folder of a user's, who could lead the link anywhere. */
const UNIT_NAME = /\.(conf|service|socket|target|timer|mount|automount|path|slice|scope|swap|device)$/

/** Null where it is gone meanwhile, or is no file of a unit (a masked one leads to /dev/null). */
async function read(path: string): Promise<{ text: string; cut: boolean } | null> {
  try {
    const real = await realpath(path)
    if (!UNIT_NAME.test(real)) return null
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      if (!(await file.stat()).isFile()) return null
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_FILE_BYTES + 1), 0, MAX_FILE_BYTES + 1, 0)
      const cut = bytesRead > MAX_FILE_BYTES
      return { text: buffer.subarray(0, Math.min(bytesRead, MAX_FILE_BYTES)).toString(), cut }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'ELOOP', 'ENXIO')) return null
    throw error
  }
}
