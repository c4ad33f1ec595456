import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from './exit.ts'

/** Where agentctl keeps the newest tree head that a verification found good: apart from the ledger it is about. */
function fileIn(stateFolder: string): string {
  return join(stateFolder, 'agentctl', 'verified-checkpoint')
}

/** The tree head that `--since-checkpoint` goes on from. */
export async function readVerified(stateFolder: string): Promise<string> {
  try {
    return await readFile(fileIn(stateFolder), 'utf8')
  } catch {
    throw new UsageError(
      'No verification is on record yet: run `agentctl verify-ledger` once without --since-checkpoint.',
    )
  }
}

/** Remembers a tree head that holds. A state folder that may not be written to only costs the next short cut. */
export async function rememberVerified(stateFolder: string, checkpoint: string): Promise<void> {
  const file = fileIn(stateFolder)
  const draft = `${file}.${process.pid}`
  try {
    await mkdir(join(stateFolder, 'agentctl'), { mode: 0o700, recursive: true })
    const handle = await open(draft, 'w', 0o600)
    try {
      await handle.writeFile(checkpoint)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM', 'ENOSPC'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
