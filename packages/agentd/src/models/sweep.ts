import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegisteredModel } from '@castellan/quarantine/registry'
import type { ImportFolders } from './import-folders.ts'
import type { ImportRecord } from './record.ts'

/**
 * Brings imports to an end that the last run left open. Only the registry says who is trusted: one that was on its way into it
 * and is not listed is taken back, and every other one had no verdict yet, so nothing of it is kept.
 */
export async function sweepImports(
  folders: ImportFolders,
  registryFolder: string,
  models: readonly RegisteredModel[],
): Promise<void> {
  for (const id of await folders.nameless()) await folders.remove(id)
  for (const record of await folders.list()) {
    if (record.endedAt !== null) continue
    const endedAt = new Date().toISOString()
    const listed = models.some(({ sha256, importedAt }) => sha256 === record.sha256 && importedAt >= record.startedAt)
    await folders.dropCandidate(record.id)
    if (record.state === 'promoting' && listed) {
      await folders.save({ ...record, state: 'trusted', stage: null, endedAt })
      continue
    }
    if (record.state === 'promoting') await takeBack(registryFolder, record, models)
    const reason = 'agentd ended in the middle of it, before there was a verdict. Import it again.'
    await folders.save({ ...record, state: 'interrupted', stage: null, endedAt, reason })
  }
}

/** A file that got into the folder but not onto the list. One that is listed under the same digest since before stays. */
export async function takeBack(
  folder: string,
  { sha256 }: Pick<ImportRecord, 'sha256'>,
  models: readonly RegisteredModel[],
): Promise<void> {
  if (sha256 === null || models.some((model) => model.sha256 === sha256)) return
  for (const ending of ['', '.gguf', '.safetensors'])
    await rm(join(folder, `${sha256}${ending}`), { recursive: true, force: true })
}
