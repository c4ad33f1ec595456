import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Short, because programs put sockets below it; the number is that of the process that made it. */
const PREFIX = 'castellan-run-'
const NAME = /^castellan-run-(\d+)-/

/** An empty folder (mode 0700) for one run of a program. */
export function makeRunFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
}

export function removeRunFolder(folder: string): Promise<void> {
  // A program that was just killed may still be writing.
  return rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Removes what gateways left behind that were killed. Never rejects: what belongs to somebody else stays. */
export async function sweepRunFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  for (const name of names) {
    const maker = NAME.exec(name)?.[1]
    if (maker === undefined || isAlive(Number(maker))) continue
    await removeRunFolder(join(tmpdir(), name)).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is alive, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
