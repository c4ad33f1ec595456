/** One mounted file system that holds files, in bytes. `available` is what an ordinary user may still write. */
export interface FileSystem {
  readonly mountPoint: string
  readonly source: string
  readonly type: string
  readonly totalBytes: number
  readonly usedBytes: number
  readonly availableBytes: number
  readonly totalInodes: number
  readonly usedInodes: number
  readonly readOnly: boolean
}

export interface Storage {
  /** Real file systems, one line each however often they are mounted; pseudo file systems are left out. */
  fileSystems(signal: AbortSignal): Promise<readonly FileSystem[]>
  /** The file system that holds `path`. Throws `not_found`. */
  fileSystemOf(path: string, signal: AbortSignal): Promise<FileSystem>
}
