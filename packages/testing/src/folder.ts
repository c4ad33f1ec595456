import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new folder (mode 0700) with a short path, gone when the running test is. Call it inside a test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cst-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
