import { readdir, readFile } from 'node:fs/promises'

/** A process, told apart from a later one that got the same number. */
export interface ProcessMark {
  readonly pid: number
  /** Clock ticks after boot (proc(5), field 22 of stat). */
  readonly startedAt: string
}

/** Every process that descends from `pid`, itself included, whatever groups and sessions they made for themselves. */
export async function descendants(pid: number): Promise<readonly ProcessMark[]> {
  const children = new Map<number, ProcessMark[]>()
  let root: ProcessMark | undefined
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await statOf(Number(name))
    if (stat === undefined) continue
    const mark = { pid: Number(name), startedAt: stat.startedAt }
    if (mark.pid === pid) root = mark
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), mark])
  }
  const found = root === undefined ? [] : [root]
  for (const { pid: parent } of found) found.push(...(children.get(parent) ?? []))
  return found
}

/** Kills those that are still the same processes. */
export async function killAll(marks: readonly ProcessMark[]): Promise<void> {
  for (const { pid, startedAt } of marks) {
    if ((await statOf(pid))?.startedAt !== startedAt) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }
}

async function statOf(pid: number): Promise<{ parent: number; startedAt: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses may hold anything; what follows the last one are plain fields, from the third on.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [parent, startedAt] = [fields?.[1], fields?.[19]]
  return parent === undefined || startedAt === undefined ? undefined : { parent: Number(parent), startedAt }
}
