import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new folder (mode 0700) with a short path, gone when the running test is. Call it inside a test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cst-'))
  onTestFinished(() => removeFolder(folder))
  return folder
}

/** Removes a folder in which something that was begun may still write a last file: tries again for about ten seconds. */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}
