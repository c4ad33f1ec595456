import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

/** For bubblewrap to tell whom it started, in milliseconds; it takes some milliseconds to do. */
const PATIENCE_MS = 10_000
/** Its status messages are two short lines. */
const MOST_STATUS = 4096

/**
 * What ends a bubblewrap and everything behind it. Killing bubblewrap alone is not enough while it is starting: the first process
 * of the PID namespace asks to die with its parent only after the parent has let it go on, and one whose parent is killed before
 * waits for ever. So that first process, which bubblewrap names on descriptor 3, is killed too, as soon as it is known.
 */
export function ender(child: ChildProcess): () => boolean {
  const kill = child.kill.bind(child)
  let first: number | undefined
  let wanted = false
  let status = ''
  const end = (): boolean => {
    if (child.exitCode !== null || child.signalCode !== null) return false
    if (first === undefined) {
      if (!wanted) setTimeout(() => kill('SIGKILL'), PATIENCE_MS).unref()
      wanted = true
      return true
    }
    try {
      process.kill(first, 'SIGKILL')
    } catch {
      // It is gone already.
    }
    return kill('SIGKILL')
  }
  const stream = child.stdio[3] as Readable | null | undefined
  stream?.on('data', (chunk: Buffer) => {
    if (first !== undefined || status.length > MOST_STATUS) return
    status += chunk.toString('latin1')
    const pid = /"child-pid":\s*(\d+)/.exec(status)?.[1]
    if (pid === undefined) return
    first = Number(pid)
    if (wanted) end()
  })
  return end
}
