import { readFileSync } from 'node:fs'
import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { LedgerError } from '../error.ts'

/** Holds a ledger folder for one writer. */
export interface Lock {
  release(): Promise<void>
}

/**
 * Takes `lock` in the folder. The file names the process and when it started, so that a lock left by a crash is told
 * from one in use even after the process number was given out again.
 */
export async function takeLock(dir: string): Promise<Lock> {
  const path = join(dir, 'lock')
  const own = `${process.pid} ${startOf(process.pid)}\n`
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await createLock(path, own)) return { release: () => unlink(path) }
    await removeIfStale(path)
  }
  throw new LedgerError('state_locked', `Another process keeps taking ${path}.`)
}

async function createLock(path: string, content: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx', 0o600)
    await handle.writeFile(content).finally(() => handle.close())
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves a lock aside whose process is gone; puts it back if it turns out to be someone else's new one. */
async function removeIfStale(path: string): Promise<void> {
  const judged = await stat(path).catch(() => null)
  if (judged === null) return
  const [pid, start] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ')
  if (pid !== undefined && start !== undefined && startOf(Number(pid)) === start) {
    throw new LedgerError(
      'state_locked',
      `Process ${pid} has this ledger open (${path}). Stop it first, or use its socket.`,
      {
        detail: { pid: Number(pid) },
      },
    )
  }
  const aside = `${path}.stale-${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const moved = await stat(aside)
  if (moved.ino !== judged.ino) await link(aside, path).catch(() => undefined)
  await unlink(aside)
}

/** When a process started, in clock ticks since boot (proc(5), field 22); empty where there is no such process. */
function startOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
