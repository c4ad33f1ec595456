import type { KeptVerdict } from '@castellan/quarantine/registry'
import { findProgram, runCommand, systemProgramFolders } from '../host/command.ts'

/** fsverity(1) reads the whole file once to build its tree; a disk of 100 MB/s takes 12 minutes for the largest models. */
const MOST_MS = 3_600_000

/**
 * Has the kernel refuse every change of a file and check each block that is read of it (fs-verity), where the file system has that
 * and fsverity(1) is installed. What came of it, for the registry: without it the digest is compared at every load and every day.
 */
export async function sealFile(path: string, folders: readonly string[] = systemProgramFolders): Promise<KeptVerdict> {
  const program = await findProgram('fsverity', folders).catch(() => undefined)
  if (program === undefined) return unsealed('fsverity is not installed')
  try {
    const signal = AbortSignal.timeout(MOST_MS)
    const { exitCode } = await runCommand(program, ['enable', path], { signal, maxOutputBytes: 16 * 1024 })
    if (exitCode === 0)
      return { stage: 'seal', result: 'passed', summary: 'The kernel refuses changes of the file (fs-verity).' }
  } catch {
    // Said below: the seal is something more, never what trust depends on.
  }
  return unsealed('the file system has no fs-verity')
}

function unsealed(why: string): KeptVerdict {
  return {
    stage: 'seal',
    result: 'skipped',
    summary: `The kernel does not hold the file (${why}); its digest is compared at each load and every day.`,
  }
}
