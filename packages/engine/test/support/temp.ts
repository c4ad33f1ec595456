import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder for this test file, removed after it. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-engine-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
