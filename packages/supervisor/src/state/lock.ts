import { existsSync, linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'

/** A process, so that a later one with the same number is not taken for it. */
const Holder = z.object({
  pid: z.int().positive(),
  /** Start of the process in clock ticks since boot, field 22 of proc_pid_stat(5). */
  startTicks: z.string(),
  bootId: z.string(),
})
type Holder = z.infer<typeof Holder>

export interface Lock {
  release(): void
}

const ATTEMPTS = 20

/**
 * Takes the state folder for this process. A lock whose process is gone is taken over; one whose process lives is respected
 * with `state_locked`. Of several that start at the same time exactly one gets it.
 */
export function takeLock(file: string, stateDir: string): Lock {
  const self = identify(process.pid) as Holder
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, `${JSON.stringify(self)}\n`, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!linked(mine, file)) {
        const holder = read(file)
        if (holder !== undefined && isAlive(holder)) throw locked(holder, stateDir)
        if (existsSync(file)) takeOver(file, mine, holder)
      }
      if (sameHolder(read(file), self)) return { release: () => remove(file) }
    }
  } finally {
    remove(mine)
  }
  throw new CastellanError('state_locked', `The lock ${file} could not be taken. Is something else writing there?`)
}

/**
 * Replaces the lock of a dead holder. Only one process at a time may replace a given holder's lock: the marker is made with
 * `link`, which one process wins, and under the marker the lock is read again before it is replaced.
 */
function takeOver(file: string, mine: string, dead: Holder | undefined): void {
  const marker = `${file}.takeover`
  if (!linked(mine, marker)) {
    const other = read(marker)
    if (other === undefined || !isAlive(other)) remove(marker)
    return
  }
  try {
    if (!existsSync(file) || !sameHolder(read(file), dead)) return
    const fresh = `${mine}.fresh`
    linkSync(mine, fresh)
    renameSync(fresh, file)
  } finally {
    remove(marker)
  }
}

function linked(existing: string, path: string): boolean {
  try {
    linkSync(existing, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function read(file: string): Holder | undefined {
  try {
    return Holder.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
  } catch {
    return undefined
  }
}

function isAlive(holder: Holder): boolean {
  return sameHolder(identify(holder.pid), holder)
}

function sameHolder(a: Holder | undefined, b: Holder | undefined): boolean {
  return a?.pid === b?.pid && a?.startTicks === b?.startTicks && a?.bootId === b?.bootId
}

function identify(pid: number): Holder | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in brackets and may itself hold brackets and spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { pid, startTicks: fields[19] as string, bootId }
  } catch {
    return undefined
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function locked(holder: Holder, stateDir: string): CastellanError {
  return new CastellanError(
    'state_locked',
    `Castellan is already running with the state in ${stateDir} (process ${holder.pid}). ` +
      `Stop that one (kill ${holder.pid}), or start another with --state DIR and --port N.`,
    { detail: { pid: holder.pid, stateDir } },
  )
}
