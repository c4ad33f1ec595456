import type { Inverse } from '@castellan/contracts'

/**
 * What an owner lets file tools touch. `none` takes a folder out of a larger grant (agentd's own state, say).
 * Where grants nest, the innermost decides.
 */
export interface Grant {
  readonly path: string
  readonly access: 'none' | 'read' | 'write'
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device'

export interface FileFacts {
  /** Absolute and resolved through every link. */
  readonly path: string
  readonly kind: FileKind
  readonly sizeBytes: number
  /** Permission bits, octal, four digits: `0644`. */
  readonly mode: string
  readonly owner: string
  readonly group: string
  readonly modifiedAt: Date
  readonly links: number
  /** Where a symbolic link points, as written in it. */
  readonly target: string | null
}

export interface DirectoryEntry {
  readonly name: string
  readonly kind: FileKind
  readonly sizeBytes: number
  readonly modifiedAt: Date
}

export interface DirectoryPage {
  readonly path: string
  readonly entries: readonly DirectoryEntry[]
  readonly totalEntries: number
}

export interface FileSlice {
  readonly path: string
  readonly bytes: Uint8Array
  readonly offset: number
  readonly sizeBytes: number
}

/** What a change did, and all that taking it back needs. */
export interface Change {
  readonly path: string
  readonly sizeBytes: number
  readonly created: boolean
}

export type KeepInverse = (inverse: Inverse) => void
export type WriteMode = 'create' | 'overwrite' | 'append'

export interface Files {
  /** The first grant: relative paths and `~` start here. */
  readonly workspace: string
  readonly grants: readonly Grant[]
  stat(path: string, signal: AbortSignal): Promise<FileFacts>
  list(path: string, page: { offset: number; limit: number }, signal: AbortSignal): Promise<DirectoryPage>
  read(path: string, slice: { offset: number; limit: number }, signal: AbortSignal): Promise<FileSlice>
  write(path: string, content: Uint8Array, mode: WriteMode, keep: KeepInverse, signal: AbortSignal): Promise<Change>
  /** Replaces the whole content through `edit`; nothing is written when it throws. */
  edit(path: string, edit: (content: Uint8Array) => Uint8Array, keep: KeepInverse, signal: AbortSignal): Promise<Change>
  delete(path: string, keep: KeepInverse, signal: AbortSignal): Promise<Change & { readonly trashId: string }>
  restore(which: { id: string } | { path: string }, keep: KeepInverse, signal: AbortSignal): Promise<Change>
  /** Takes back any of the four changes above, from the data of its inverse. */
  revert(data: unknown, keep: KeepInverse, signal: AbortSignal): Promise<{ summary: string }>
}
