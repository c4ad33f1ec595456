import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'

/** What there is for a model, in bytes. */
export interface Available {
  /** After the reserve; never below zero. */
  readonly bytes: number
  readonly limit: { readonly by: 'machine' | 'cgroup'; readonly bytes: number }
  readonly reserve: number
}

/** What is left to everybody else: a twentieth of the memory, between 128 MiB and 1 GiB. */
const RESERVE_SHARE = 0.05
const MIN_RESERVE_BYTES = 128 * 1024 * 1024
const MAX_RESERVE_BYTES = 1024 * 1024 * 1024

/**
 * Memory that can be used without anything being swapped out or killed: the kernel's own estimate (`MemAvailable`,
 * proc_meminfo(5)), or what the tightest control group above this process leaves (`memory.max`, cgroups(7)). `root` is where
 * `/proc` and `/sys` are looked for.
 */
export function availableMemory(root = '/'): Available {
  const machine = memAvailable(root)
  const group = cgroupHeadroom(root)
  const limit =
    group !== undefined && group < machine
      ? { by: 'cgroup' as const, bytes: group }
      : { by: 'machine' as const, bytes: machine }
  const reserve = Math.round(Math.min(MAX_RESERVE_BYTES, Math.max(MIN_RESERVE_BYTES, totalmem() * RESERVE_SHARE)))
  return { bytes: Math.max(0, limit.bytes - reserve), limit, reserve }
}

function memAvailable(root: string): number {
  const text = read(join(root, 'proc/meminfo'))
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text ?? '')?.[1]
  return kibibytes === undefined ? totalmem() : Number(kibibytes) * 1024
}

/** What the group or any above it has left; undefined without a limit, or without cgroup v2. */
function cgroupHeadroom(root: string): number | undefined {
  const own = /^0::(\/.*)$/m.exec(read(join(root, 'proc/self/cgroup')) ?? '')?.[1]
  if (own === undefined) return undefined
  const parts = own.split('/').filter((part) => part !== '')
  let least: number | undefined
  for (let depth = parts.length; depth >= 0; depth--) {
    const folder = join(root, 'sys/fs/cgroup', ...parts.slice(0, depth))
    const left = groupHeadroom(folder)
    if (left !== undefined && (least === undefined || left < least)) least = left
  }
  return least
}

/** `memory.max` less what cannot be given back: of what is in use, the page cache that nobody holds counts as free. */
function groupHeadroom(folder: string): number | undefined {
  const max = Number(read(join(folder, 'memory.max'))?.trim())
  const used = Number(read(join(folder, 'memory.current'))?.trim())
  if (!Number.isFinite(max) || !Number.isFinite(used)) return undefined
  const cache = Number(/^inactive_file (\d+)$/m.exec(read(join(folder, 'memory.stat')) ?? '')?.[1] ?? 0)
  return Math.max(0, max - used + cache)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
