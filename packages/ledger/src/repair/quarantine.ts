import { cp, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../merkle/hash.ts'
import { listFiles, makeFolder, syncFolder, writeFileDurably } from '../store/files.ts'

export interface Quarantine {
  /** Folder below the log's, e.g. `quarantine/2026-01-31T12-00-00.000Z`. */
  readonly path: string
  /** SHA-256 of its manifest, hex: commits to every file as it was found. */
  readonly manifest: string
}

/**
 * Copies what a repair may touch, as it was found: the journal, the given files, the checkpoint. The manifest lists
 * them as `sha256sum` does.
 */
export async function quarantine(dir: string, files: readonly string[], now: number): Promise<Quarantine> {
  const path = join('quarantine', new Date(now).toISOString().replaceAll(':', '-'))
  const journal = (await listFiles(join(dir, 'journal'))).map((name) => join('journal', name))
  const lines: string[] = []
  for (const file of [...new Set([...journal, ...files, 'checkpoint', 'vkeys'])].sort()) {
    const bytes = await readFile(join(dir, file)).catch(() => null)
    if (bytes === null) continue
    await makeFolder(join(dir, path, file, '..'))
    await cp(join(dir, file), join(dir, path, file), { preserveTimestamps: true })
    lines.push(`${sha256(bytes).toString('hex')}  ${file}\n`)
  }
  await makeFolder(join(dir, path))
  await writeFileDurably(join(dir, path, 'manifest'), lines.join(''))
  return { path, manifest: sha256(lines.join('')).toString('hex') }
}

/** Moves a file of the key folder aside, keeping it. */
export async function setAside(keyDir: string, file: string, now: number): Promise<void> {
  await rename(join(keyDir, file), join(keyDir, `${file}.${now}`)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await syncFolder(keyDir)
}
