import { type BigIntStats, closeSync, constants, fstatSync, open } from 'node:fs'
import { type FileHandle, open as openFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Linux's O_PATH, which Node does not name: a handle on the place itself, opened without touching what is there. */
const O_PATH = 0o10000000

const openAsync = promisify(open)

/**
 * A held place in the file system. Names are looked up relative to it through `/proc/self/fd`, which is how a process
 * without openat(2) gets its guarantee: renaming or relinking the folders above changes nothing about what is held.
 */
export class Descriptor implements Disposable {
  readonly fd: number

  private constructor(fd: number) {
    this.fd = fd
  }

  /** Opens `path` itself, never what a link at its end points to. Neither blocks on a FIFO nor wakes a device. */
  static async place(path: string, kind: 'any' | 'directory' = 'any'): Promise<Descriptor> {
    const directory = kind === 'directory' ? constants.O_DIRECTORY : 0
    return new Descriptor(await openAsync(path, O_PATH | constants.O_NOFOLLOW | directory))
  }

  /** Opens the very thing that is held: no name is looked up again. Never waits for the other end of a FIFO. */
  open(flags: number): Promise<FileHandle> {
    return openFile(this.self, flags | constants.O_NONBLOCK | constants.O_NOCTTY)
  }

  /** A new file `name` in this folder; fails where anything has that name already. Mode 0600 until its owner is set. */
  createFile(name: string): Promise<FileHandle> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    return openFile(this.child(name), flags, 0o600)
  }

  /** Makes what was created, renamed or removed in this folder survive a power cut. */
  async sync(): Promise<void> {
    await using folder = await this.open(constants.O_RDONLY | constants.O_DIRECTORY)
    await folder.sync()
  }

  /** The magic link to what is held. */
  get self(): string {
    return `/proc/self/fd/${this.fd}`
  }

  /** The path of `name`, one component, looked up in this folder. */
  child(name: string): string {
    return `${this.self}/${name}`
  }

  /** What was opened a moment ago is in the kernel's memory: asking waits for no disk, and a thread would take fifty times as long. */
  async stat(): Promise<BigIntStats> {
    return fstatSync(this.fd, { bigint: true })
  }

  [Symbol.dispose](): void {
    closeSync(this.fd)
  }
}
