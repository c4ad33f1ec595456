import type { BigIntStats } from 'node:fs'

export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device'

export function kindOf(stats: BigIntStats): FileKind {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isSocket()) return 'socket'
  return 'device'
}
